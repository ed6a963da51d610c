import type { Linux } from './linux.ts'
import type { SpecMount } from './mount.ts'
import type { Process } from './process.ts'
import type { Root } from './root.ts'

/**
 * A container's configuration, the bundle's `config.json`.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md
 */
export interface Spec {
  readonly ociVersion: string
  readonly root?: Root | undefined
  readonly process?: Process | undefined
  readonly hostname?: string | undefined
  readonly domainname?: string | undefined
  readonly mounts?: readonly SpecMount[] | undefined
  readonly hooks?: Hooks | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly linux?: Linux | undefined
}

/** The six points at which programs of the host or the container may run. */
export type HookName = 'prestart' | 'createRuntime' | 'createContainer' | 'startContainer' | 'poststart' | 'poststop'

/**
 * Programs to run at points of the lifecycle. A non-empty list is refused for now.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md#posix-platform-hooks
 */
export type Hooks = { readonly [Name in HookName]?: readonly Hook[] | undefined }

/** One program of {@link Hooks}; `timeout` is in seconds. */
export interface Hook {
  readonly path: string
  readonly args?: readonly string[] | undefined
  readonly env?: readonly string[] | undefined
  readonly timeout?: number | undefined
}
