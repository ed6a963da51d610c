import type { Hooks } from './hooks.ts'
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
