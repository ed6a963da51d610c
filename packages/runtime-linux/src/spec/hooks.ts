/**
 * The six points at which programs may run. `prestart` and `createRuntime`, in the runtime's namespaces, and then
 * `createContainer`, in the container's, when everything is mounted and before the root is entered; `startContainer`
 * inside the container before its program is executed, with no more privileges than that; `poststart` after that, and
 * `poststop` after the deletion, in the runtime's namespaces.
 */
export type HookName = 'prestart' | 'createRuntime' | 'createContainer' | 'startContainer' | 'poststart' | 'poststop'

/**
 * Programs to run at points of the lifecycle, in the order listed.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md#posix-platform-hooks
 */
export type Hooks = { readonly [Name in HookName]?: readonly Hook[] | undefined }

/** One program of {@link Hooks}, run in `/` with the container's state as JSON on stdin. */
export interface Hook {
  /** Absolute path: on the host, of `startContainer` inside the container. */
  readonly path: string
  /** All arguments, the program's name first. Default: the path alone. */
  readonly args?: readonly string[] | undefined
  /** The whole environment. Default: empty. */
  readonly env?: readonly string[] | undefined
  /** Seconds until it is killed, and has failed. Default: never. */
  readonly timeout?: number | undefined
}
