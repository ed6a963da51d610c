/** Where a container's port is published on the host; an empty `HostPort` asks for an ephemeral one. */
export interface PortBinding {
  readonly HostIp?: string
  readonly HostPort?: string
}

/** Published ports by `port/protocol`; `null` in answers means exposed but not published. */
export type PortMap = Record<string, readonly PortBinding[] | null>

/** What happens when a container's process ends. */
export interface RestartPolicy {
  readonly Name?: '' | 'no' | 'always' | 'unless-stopped' | 'on-failure'
  readonly MaximumRetryCount?: number
}

/** The log driver and its options. */
export interface LogConfig {
  readonly Type?: string
  readonly Config?: Record<string, string> | null
}

/** A mount as asked for by `--mount`. */
export interface MountRequest {
  readonly Type?: 'bind' | 'volume' | 'tmpfs' | 'image' | 'npipe' | 'cluster'
  readonly Source?: string
  readonly Target?: string
  readonly ReadOnly?: boolean
  readonly Consistency?: string
  readonly BindOptions?: { Propagation?: string; NonRecursive?: boolean; CreateMountpoint?: boolean; ReadOnlyNonRecursive?: boolean } | null
  readonly VolumeOptions?: {
    NoCopy?: boolean
    Labels?: Record<string, string>
    DriverConfig?: { Name?: string; Options?: Record<string, string> }
    Subpath?: string
  } | null
  readonly TmpfsOptions?: { SizeBytes?: number; Mode?: number; Options?: readonly (readonly string[])[] } | null
}

/** A device of the host made visible in a container. */
export interface DeviceMapping {
  readonly PathOnHost: string
  readonly PathInContainer: string
  readonly CgroupPermissions: string
}

/** One resource limit of a container's processes. */
export interface Ulimit {
  readonly Name: string
  readonly Soft: number
  readonly Hard: number
}

/** The limits that `update` may change while a container runs. */
export interface Resources {
  readonly CpuShares?: number
  /** Bytes. */
  readonly Memory?: number
  /** Billionths of a CPU. */
  readonly NanoCpus?: number
  readonly CgroupParent?: string
  readonly BlkioWeight?: number
  readonly BlkioWeightDevice?: readonly object[] | null
  readonly BlkioDeviceReadBps?: readonly object[] | null
  readonly BlkioDeviceWriteBps?: readonly object[] | null
  readonly BlkioDeviceReadIOps?: readonly object[] | null
  readonly BlkioDeviceWriteIOps?: readonly object[] | null
  readonly CpuPeriod?: number
  readonly CpuQuota?: number
  readonly CpuRealtimePeriod?: number
  readonly CpuRealtimeRuntime?: number
  readonly CpusetCpus?: string
  readonly CpusetMems?: string
  readonly Devices?: readonly DeviceMapping[] | null
  readonly DeviceCgroupRules?: readonly string[] | null
  readonly DeviceRequests?: readonly object[] | null
  readonly MemoryReservation?: number
  readonly MemorySwap?: number
  readonly MemorySwappiness?: number | null
  readonly OomKillDisable?: boolean | null
  readonly PidsLimit?: number | null
  readonly Ulimits?: readonly Ulimit[] | null
  readonly CpuCount?: number
  readonly CpuPercent?: number
  readonly IOMaximumIOps?: number
  readonly IOMaximumBandwidth?: number
}

/**
 * The part of a container's settings that belongs to this host.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container/operation/ContainerCreate
 */
export interface HostConfig extends Resources {
  readonly Binds?: readonly string[] | null
  readonly ContainerIDFile?: string
  readonly LogConfig?: LogConfig
  readonly NetworkMode?: string
  readonly PortBindings?: PortMap | null
  readonly RestartPolicy?: RestartPolicy
  readonly AutoRemove?: boolean
  readonly VolumeDriver?: string
  readonly VolumesFrom?: readonly string[] | null
  /** Rows and columns of the terminal at start. */
  readonly ConsoleSize?: readonly number[]
  readonly Annotations?: Record<string, string> | null
  readonly CapAdd?: readonly string[] | null
  readonly CapDrop?: readonly string[] | null
  readonly CgroupnsMode?: string
  readonly Dns?: readonly string[] | null
  readonly DnsOptions?: readonly string[] | null
  readonly DnsSearch?: readonly string[] | null
  readonly ExtraHosts?: readonly string[] | null
  readonly GroupAdd?: readonly string[] | null
  readonly IpcMode?: string
  readonly Cgroup?: string
  readonly Links?: readonly string[] | null
  readonly OomScoreAdj?: number
  readonly PidMode?: string
  readonly Privileged?: boolean
  readonly PublishAllPorts?: boolean
  readonly ReadonlyRootfs?: boolean
  readonly SecurityOpt?: readonly string[] | null
  readonly StorageOpt?: Record<string, string> | null
  readonly Tmpfs?: Record<string, string>
  readonly UTSMode?: string
  readonly UsernsMode?: string
  /** Bytes of `/dev/shm`. */
  readonly ShmSize?: number
  readonly Sysctls?: Record<string, string>
  readonly Runtime?: string
  readonly Isolation?: string
  readonly Mounts?: readonly MountRequest[] | null
  readonly MaskedPaths?: readonly string[] | null
  readonly ReadonlyPaths?: readonly string[] | null
  readonly Init?: boolean | null
}
