/** What a container has used so far. A limit of `undefined` is no limit; what the machine does not count is 0. */
export interface ContainerStats {
  /** When this was read, nanoseconds since 1970. */
  readonly readAtNs: bigint
  readonly cpu: CpuStats
  readonly memory: MemoryStats
  readonly pids: PidsStats
  readonly blockIo: BlockIoStats
  /** By page size, such as `2MB`; empty where huge pages are not counted. */
  readonly hugepages: Readonly<Record<string, HugepageStats>>
}

/** Processor time in nanoseconds. */
export interface CpuStats {
  readonly usageNs: number
  readonly userNs: number
  readonly systemNs: number
  readonly perCpuNs: readonly number[]
  readonly periods: number
  readonly throttledPeriods: number
  readonly throttledNs: number
}

/** Memory in bytes. */
export interface MemoryStats {
  readonly usageBytes: number
  readonly maxUsageBytes: number
  readonly limitBytes: number | undefined
  /** Page cache. */
  readonly cacheBytes: number
  /** What the page cache could give back first; `docker stats` subtracts it from the usage. */
  readonly inactiveFileBytes: number
  readonly oomKills: number
  /** How often the limit was hit. */
  readonly failures: number
  readonly swapBytes: number
  /** The kernel's `memory.stat` as it stands. */
  readonly counters: Readonly<Record<string, number>>
}

/** Number of tasks. */
export interface PidsStats {
  readonly current: number
  readonly limit: number | undefined
}

/** Block input and output in bytes, of all devices and of each. */
export interface BlockIoStats {
  readonly readBytes: number
  readonly writeBytes: number
  readonly devices: readonly BlockIoDeviceStats[]
}

/** What went to and from one device. */
export interface BlockIoDeviceStats {
  readonly major: number
  readonly minor: number
  readonly readBytes: number
  readonly writeBytes: number
  readonly reads: number
  readonly writes: number
}

/** Huge pages of one size, in bytes. */
export interface HugepageStats {
  readonly usageBytes: number
  readonly maxUsageBytes: number
  readonly failures: number
}
