import type { ContainerSummary } from './container.ts'
import type { ImageSummary } from './image.ts'
import type { Volume } from './volume.ts'

/** The answer of `GET /version`. */
export interface SystemVersion {
  readonly Platform: { Name: string }
  readonly Components?: { Name: string; Version: string; Details?: Record<string, string> }[]
  readonly Version: string
  readonly ApiVersion: string
  readonly MinAPIVersion: string
  readonly GitCommit: string
  readonly GoVersion?: string
  readonly Os: string
  readonly Arch: string
  readonly KernelVersion: string
  readonly Experimental?: boolean
  readonly BuildTime?: string
}

/** A program and its commit, in {@link SystemInfo}. */
export interface ComponentCommit {
  readonly ID: string
  readonly Expected?: string
}

/**
 * The answer of `GET /info`, as far as clients read it.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/#tag/System/operation/SystemInfo
 */
export interface SystemInfo {
  readonly ID: string
  readonly Containers: number
  readonly ContainersRunning: number
  readonly ContainersPaused: number
  readonly ContainersStopped: number
  readonly Images: number
  readonly Driver: string
  readonly DriverStatus: readonly (readonly string[])[]
  readonly Plugins: {
    Volume: readonly string[]
    Network: readonly string[]
    Authorization: readonly string[] | null
    Log: readonly string[]
  }
  readonly MemoryLimit: boolean
  readonly SwapLimit: boolean
  readonly CpuCfsPeriod: boolean
  readonly CpuCfsQuota: boolean
  readonly CPUShares: boolean
  readonly CPUSet: boolean
  readonly PidsLimit: boolean
  IPv4Forwarding: boolean
  readonly Debug: boolean
  readonly NFd: number
  readonly OomKillDisable: boolean
  readonly NGoroutines: number
  readonly SystemTime: string
  readonly LoggingDriver: string
  readonly CgroupDriver: string
  readonly CgroupVersion: string
  readonly NEventsListener: number
  readonly KernelVersion: string
  readonly OperatingSystem: string
  readonly OSVersion: string
  readonly OSType: string
  readonly Architecture: string
  readonly IndexServerAddress: string
  readonly RegistryConfig: { InsecureRegistryCIDRs: readonly string[]; IndexConfigs: Record<string, object>; Mirrors: readonly string[] }
  readonly NCPU: number
  readonly MemTotal: number
  readonly GenericResources: null
  readonly DockerRootDir: string
  readonly HttpProxy: string
  readonly HttpsProxy: string
  readonly NoProxy: string
  readonly Name: string
  readonly Labels: readonly string[]
  readonly ExperimentalBuild: boolean
  readonly ServerVersion: string
  readonly Runtimes: Record<string, { path?: string; status?: Record<string, string> }>
  readonly DefaultRuntime: string
  readonly Swarm: Record<string, unknown>
  readonly LiveRestoreEnabled: boolean
  readonly Isolation: string
  readonly InitBinary: string
  readonly ContainerdCommit: ComponentCommit
  readonly RuncCommit: ComponentCommit
  readonly InitCommit: ComponentCommit
  readonly SecurityOptions: readonly string[]
  readonly CDISpecDirs: readonly string[] | null
  readonly Warnings: readonly string[] | null
}

/** The answer of `GET /system/df`; sizes in bytes. */
export interface DiskUsage {
  readonly LayersSize: number
  readonly Images: readonly ImageSummary[] | null
  readonly Containers: readonly ContainerSummary[] | null
  readonly Volumes: readonly Volume[] | null
  readonly BuildCache: readonly object[] | null
}

/** The answer of `POST /build/prune`. */
export interface BuildPruneReport {
  readonly CachesDeleted: readonly string[] | null
  readonly SpaceReclaimed: number
}
