/** Counters of one network interface of a container. */
export interface InterfaceStats {
  readonly rxBytes: number
  readonly rxPackets: number
  readonly rxErrors: number
  readonly rxDropped: number
  readonly txBytes: number
  readonly txPackets: number
  readonly txErrors: number
  readonly txDropped: number
}

/** What a running container uses at one moment. */
export interface ContainerStats {
  readonly containerId: string
  readonly name: string
  /** RFC 3339 with nanoseconds. */
  readonly readAt: string
  readonly cpu: {
    readonly usageNs: number
    readonly userNs: number
    readonly systemNs: number
    /** Time of all processors of the host since boot, idle included. */
    readonly hostNs: number
    readonly onlineCpus: number
    readonly periods: number
    readonly throttledPeriods: number
    readonly throttledNs: number
  }
  readonly memory: {
    readonly usageBytes: number
    /** The host's memory when there is no limit. */
    readonly limitBytes: number
    /** File cache that can be dropped; docker's figure is usage less this. */
    readonly cacheBytes: number
    readonly oomKills: number
  }
  readonly pids: { readonly current: number /** 0: no limit */; readonly limit: number }
  readonly blockIo: { readonly readBytes: number; readonly writeBytes: number }
  /** By interface name. */
  readonly networks: Readonly<Record<string, InterfaceStats>>
}

/** The processes of a container, as a table. */
export interface ProcessTable {
  readonly titles: readonly string[]
  readonly processes: readonly (readonly string[])[]
}
