/**
 * The six points at which programs may run: `prestart` and `createRuntime` once the container is set up and before
 * `create` returns, `poststart` after its program was executed, `poststop` after it was deleted. `createContainer` and
 * `startContainer` would run inside the container; a non-empty list of these is refused.
 */
export type HookName = 'prestart' | 'createRuntime' | 'createContainer' | 'startContainer' | 'poststart' | 'poststop'

/**
 * Programs to run at points of the lifecycle, in the order listed.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md#posix-platform-hooks
 */
export type Hooks = { readonly [Name in HookName]?: readonly Hook[] | undefined }

/** One program of {@link Hooks}, run in the namespaces of the runtime, in `/`, with the container's state as JSON on stdin. */
export interface Hook {
  /** Absolute path on the host. */
  readonly path: string
  /** All arguments, the program's name first. Default: the path alone. */
  readonly args?: readonly string[] | undefined
  /** The whole environment. Default: empty. */
  readonly env?: readonly string[] | undefined
  /** Seconds until it is killed, and has failed. Default: never. */
  readonly timeout?: number | undefined
}
