import type { LinuxIdMapping } from './linux.ts'

/**
 * A mount beyond the root file system.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md#mounts
 */
export interface SpecMount {
  readonly destination: string
  readonly type?: string | undefined
  readonly source?: string | undefined
  readonly options?: readonly string[] | undefined
  readonly uidMappings?: readonly LinuxIdMapping[] | undefined
  readonly gidMappings?: readonly LinuxIdMapping[] | undefined
}
