import type { ContainerConfig } from './container-config.ts'
import type { HostConfig, PortMap } from './host-config.ts'
import type { EndpointSettings, NetworkingConfig } from './network.ts'

/** The body of `POST /containers/create`. */
export interface ContainerCreateBody extends ContainerConfig {
  readonly HostConfig?: HostConfig | null
  readonly NetworkingConfig?: NetworkingConfig | null
}

/** The answer of `POST /containers/create`. */
export interface ContainerCreated {
  readonly Id: string
  readonly Warnings: readonly string[]
}

/** One published or exposed port in a list of containers. */
export interface PortSummary {
  readonly IP?: string
  readonly PrivatePort: number
  readonly PublicPort?: number
  readonly Type: 'tcp' | 'udp' | 'sctp'
}

/** A mount that a container has. */
export interface MountPoint {
  readonly Type: string
  readonly Name?: string
  readonly Source: string
  readonly Destination: string
  readonly Driver?: string
  readonly Mode: string
  readonly RW: boolean
  readonly Propagation: string
}

/** A container in a list. */
export interface ContainerSummary {
  readonly Id: string
  /** Each with a leading slash. */
  readonly Names: readonly string[]
  readonly Image: string
  readonly ImageID: string
  readonly Command: string
  /** Unix seconds. */
  readonly Created: number
  readonly Ports: readonly PortSummary[]
  readonly SizeRw?: number
  readonly SizeRootFs?: number
  readonly Labels: Record<string, string>
  readonly State: string
  readonly Status: string
  readonly HostConfig: { NetworkMode: string; Annotations?: Record<string, string> }
  readonly NetworkSettings: { Networks: Record<string, EndpointSettings> }
  readonly Mounts: readonly MountPoint[]
}

/** The result of one health probe. */
export interface HealthProbe {
  readonly Start: string
  readonly End: string
  readonly ExitCode: number
  readonly Output: string
}

/** The state of a container on inspection; a time that has not come is `0001-01-01T00:00:00Z`. */
export interface ContainerState {
  readonly Status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
  readonly Running: boolean
  readonly Paused: boolean
  readonly Restarting: boolean
  readonly OOMKilled: boolean
  readonly Dead: boolean
  readonly Pid: number
  readonly ExitCode: number
  readonly Error: string
  readonly StartedAt: string
  readonly FinishedAt: string
  readonly Health?: { Status: string; FailingStreak: number; Log: readonly HealthProbe[] }
}

/** The networks of a container on inspection. */
export interface NetworkSettings {
  readonly Bridge: string
  readonly SandboxID: string
  readonly SandboxKey: string
  readonly Ports: PortMap
  readonly HairpinMode: boolean
  LinkLocalIPv6Address: string
  LinkLocalIPv6PrefixLen: number
  readonly SecondaryIPAddresses: null
  SecondaryIPv6Addresses: null
  readonly EndpointID: string
  readonly Gateway: string
  GlobalIPv6Address: string
  GlobalIPv6PrefixLen: number
  readonly IPAddress: string
  readonly IPPrefixLen: number
  IPv6Gateway: string
  readonly MacAddress: string
  readonly Networks: Record<string, EndpointSettings>
}

/**
 * A container on inspection.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container/operation/ContainerInspect
 */
export interface ContainerInspect {
  readonly Id: string
  readonly Created: string
  readonly Path: string
  readonly Args: readonly string[]
  readonly State: ContainerState
  readonly Image: string
  readonly ResolvConfPath: string
  readonly HostnamePath: string
  readonly HostsPath: string
  readonly LogPath: string
  readonly Name: string
  readonly RestartCount: number
  readonly Driver: string
  readonly Platform: string
  readonly MountLabel: string
  readonly ProcessLabel: string
  readonly AppArmorProfile: string
  readonly ExecIDs: readonly string[] | null
  readonly HostConfig: HostConfig
  readonly GraphDriver: { Name: string; Data: Record<string, string> | null }
  readonly SizeRw?: number
  readonly SizeRootFs?: number
  readonly Mounts: readonly MountPoint[]
  readonly Config: ContainerConfig
  readonly NetworkSettings: NetworkSettings
}

/** How a container ended. */
export interface WaitResult {
  readonly StatusCode: number
  readonly Error?: { Message: string } | null
}

/** The processes of a container, as the host's `ps` prints them. */
export interface TopResult {
  readonly Titles: readonly string[]
  readonly Processes: readonly (readonly string[])[]
}

/** One path that differs from the image: 0 modified, 1 added, 2 deleted. */
export interface FilesystemChange {
  readonly Path: string
  readonly Kind: 0 | 1 | 2
}

/** The answer of `POST /containers/prune`. */
export interface ContainerPruneReport {
  readonly ContainersDeleted: readonly string[] | null
  readonly SpaceReclaimed: number
}
