/**
 * Limits of a container's cgroup; what is absent is not changed.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#control-groups
 */
export interface LinuxResources {
  readonly devices?: readonly LinuxDeviceRule[] | undefined
  readonly memory?: LinuxMemory | undefined
  readonly cpu?: LinuxCpu | undefined
  readonly pids?: LinuxPids | undefined
  readonly blockIO?: LinuxBlockIo | undefined
  readonly hugepageLimits?: readonly LinuxHugepageLimit[] | undefined
  /** Version 1 only. */
  readonly network?: LinuxNetworkResources | undefined
  /** By the name of the device. */
  readonly rdma?: Readonly<Record<string, LinuxRdma>> | undefined
  /** cgroup v2 files and what is written there, line by line. */
  readonly unified?: Readonly<Record<string, string>> | undefined
}

/** An entry of the device allow-list; no number means any. `access` is some of `r`, `w`, `m`. */
export interface LinuxDeviceRule {
  readonly allow: boolean
  readonly type?: 'a' | 'b' | 'c' | undefined
  readonly major?: number | undefined
  readonly minor?: number | undefined
  readonly access?: string | undefined
}

/** Memory limits in bytes; `-1` is no limit. */
export interface LinuxMemory {
  readonly limit?: number | undefined
  /** Best-effort floor (v1 soft limit, v2 `memory.low`). */
  readonly reservation?: number | undefined
  /** Memory and swap together, as in cgroup v1. */
  readonly swap?: number | undefined
  /** Buffers of TCP. Version 1 only; version 2 counts them as memory. */
  readonly kernelTCP?: number | undefined
  /** Version 1 only; version 2 has no such setting. */
  readonly swappiness?: number | undefined
  /** Version 1 only; version 2 has no such setting. */
  readonly disableOOMKiller?: boolean | undefined
  /** Refuse a limit below what is in use, instead of letting the kernel reclaim or kill. Default: false. */
  readonly checkBeforeUpdate?: boolean | undefined
}

/** Processor limits; times in microseconds. */
export interface LinuxCpu {
  /** Relative weight from 2 to 262144; 1024 is the default. */
  readonly shares?: number | undefined
  /** Run time allowed in each period; `-1` is no limit. */
  readonly quota?: number | undefined
  readonly period?: number | undefined
  readonly burst?: number | undefined
  /** Run time of real-time tasks in each of their periods. Version 1 only, where the kernel has real-time groups. */
  readonly realtimeRuntime?: number | undefined
  readonly realtimePeriod?: number | undefined
  /** 1 schedules the cgroup as SCHED_IDLE. */
  readonly idle?: number | undefined
  /** Processors as a list (`0-3,7`). */
  readonly cpus?: string | undefined
  /** Memory nodes as a list. */
  readonly mems?: string | undefined
}

/** Number of tasks; `0` or `-1` is no limit. */
export interface LinuxPids {
  readonly limit: number
}

/** Block input and output: relative shares, 10 to 1000, and rates of single devices. */
export interface LinuxBlockIo {
  readonly weight?: number | undefined
  /** Share of the cgroup's own tasks beside its children. Version 1 only. */
  readonly leafWeight?: number | undefined
  readonly weightDevice?: readonly LinuxWeightDevice[] | undefined
  /** Bytes in a second. */
  readonly throttleReadBpsDevice?: readonly LinuxThrottleDevice[] | undefined
  readonly throttleWriteBpsDevice?: readonly LinuxThrottleDevice[] | undefined
  /** Operations in a second. */
  readonly throttleReadIOPSDevice?: readonly LinuxThrottleDevice[] | undefined
  readonly throttleWriteIOPSDevice?: readonly LinuxThrottleDevice[] | undefined
}

/** The share of a cgroup in one device. */
export interface LinuxWeightDevice {
  readonly major: number
  readonly minor: number
  readonly weight?: number | undefined
  readonly leafWeight?: number | undefined
}

/** The greatest rate at one device; 0 takes the limit away. */
export interface LinuxThrottleDevice {
  readonly major: number
  readonly minor: number
  readonly rate: number
}

/** Bytes in pages of one size, such as `2MB`. */
export interface LinuxHugepageLimit {
  readonly pageSize: string
  readonly limit: number
}

/** How the packets of a cgroup are marked. */
export interface LinuxNetworkResources {
  /** For the `cgroup` filter of tc(8). */
  readonly classID?: number | undefined
  readonly priorities?: readonly { readonly name: string; readonly priority: number }[] | undefined
}

/** Handles and objects of a remote-memory device. */
export interface LinuxRdma {
  readonly hcaHandles?: number | undefined
  readonly hcaObjects?: number | undefined
}
