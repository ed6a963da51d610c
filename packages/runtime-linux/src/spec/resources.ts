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
  /** cgroup v2 files and what is written there. */
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
  readonly swappiness?: number | undefined
  readonly disableOOMKiller?: boolean | undefined
}

/** Processor limits; times in microseconds. */
export interface LinuxCpu {
  /** Relative weight from 2 to 262144; 1024 is the default. */
  readonly shares?: number | undefined
  /** Run time allowed in each period; `-1` is no limit. */
  readonly quota?: number | undefined
  readonly period?: number | undefined
  readonly burst?: number | undefined
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

/** Relative share of block input and output, 10 to 1000. */
export interface LinuxBlockIo {
  readonly weight?: number | undefined
}
