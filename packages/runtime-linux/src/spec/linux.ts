import type { LinuxSeccomp } from '@ct/seccomp'
import type { LinuxResources } from './resources.ts'

/**
 * The Linux section of a spec.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md
 */
export interface Linux {
  readonly uidMappings?: readonly LinuxIdMapping[] | undefined
  readonly gidMappings?: readonly LinuxIdMapping[] | undefined
  readonly sysctl?: Readonly<Record<string, string>> | undefined
  readonly resources?: LinuxResources | undefined
  /** Path of the container's cgroup in every hierarchy; relative paths are below the runtime's cgroup parent. */
  readonly cgroupsPath?: string | undefined
  readonly namespaces?: readonly LinuxNamespace[] | undefined
  readonly devices?: readonly LinuxDevice[] | undefined
  readonly seccomp?: LinuxSeccomp | undefined
  readonly rootfsPropagation?: RootfsPropagation | undefined
  readonly maskedPaths?: readonly string[] | undefined
  readonly readonlyPaths?: readonly string[] | undefined
  readonly mountLabel?: string | undefined
  readonly personality?: LinuxPersonality | undefined
  readonly memoryPolicy?: LinuxMemoryPolicy | undefined
  /** Interfaces of the host, by their names, that are moved into the container; `name` is what they are called there. Default: the same. */
  readonly netDevices?: Readonly<Record<string, { readonly name?: string | undefined }>> | undefined
  /** What the clocks of a new time namespace are ahead of the host's. */
  readonly timeOffsets?: Readonly<Partial<Record<'monotonic' | 'boottime', LinuxTimeOffset>>> | undefined
}

/**
 * An offset of a clock; it may be negative.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#offset-for-time-namespace
 */
export interface LinuxTimeOffset {
  readonly secs?: number | undefined
  readonly nanosecs?: number | undefined
}

/** Propagation of mount events between the host and the container's root. */
export type RootfsPropagation = 'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave' | 'unbindable' | 'runbindable'

/** The spec's names of namespaces. */
export type LinuxNamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time'

/**
 * A namespace that the container gets anew or, with `path`, joins.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#namespaces
 */
export interface LinuxNamespace {
  readonly type: LinuxNamespaceType
  readonly path?: string | undefined
}

/**
 * One line of a user namespace's id map.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#user-namespace-mappings
 */
export interface LinuxIdMapping {
  readonly containerID: number
  readonly hostID: number
  readonly size: number
}

/**
 * A device node made in the container: `c` and `u` are character, `b` block devices, `p` FIFOs.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#devices
 */
export interface LinuxDevice {
  readonly type: 'c' | 'u' | 'b' | 'p'
  readonly path: string
  readonly major?: number | undefined
  readonly minor?: number | undefined
  readonly fileMode?: number | undefined
  readonly uid?: number | undefined
  readonly gid?: number | undefined
}

/**
 * The execution domain of the process.
 * @see https://man7.org/linux/man-pages/man2/personality.2.html
 */
export interface LinuxPersonality {
  readonly domain: 'LINUX' | 'LINUX32'
  readonly flags?: readonly string[] | undefined
}

/**
 * From which memory nodes the processes get their pages.
 * @see https://man7.org/linux/man-pages/man2/set_mempolicy.2.html
 */
export interface LinuxMemoryPolicy {
  readonly mode:
    | 'MPOL_DEFAULT'
    | 'MPOL_PREFERRED'
    | 'MPOL_BIND'
    | 'MPOL_INTERLEAVE'
    | 'MPOL_LOCAL'
    | 'MPOL_PREFERRED_MANY'
    | 'MPOL_WEIGHTED_INTERLEAVE'
  /** A list such as `0-3,7`. Default: none. */
  readonly nodes?: string | undefined
  readonly flags?: readonly ('MPOL_F_STATIC_NODES' | 'MPOL_F_RELATIVE_NODES' | 'MPOL_F_NUMA_BALANCING')[] | undefined
}
