/**
 * The container's process, and the process of an exec.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md#process
 */
export interface Process {
  readonly terminal?: boolean | undefined
  readonly consoleSize?: ConsoleSize | undefined
  readonly user: User
  readonly args: readonly string[]
  readonly env?: readonly string[] | undefined
  readonly cwd: string
  readonly capabilities?: LinuxCapabilities | undefined
  readonly rlimits?: readonly Rlimit[] | undefined
  readonly noNewPrivileges?: boolean | undefined
  readonly oomScoreAdj?: number | undefined
  readonly apparmorProfile?: string | undefined
  readonly selinuxLabel?: string | undefined
  readonly scheduler?: Scheduler | undefined
  readonly ioPriority?: IoPriority | undefined
  readonly execCPUAffinity?: ExecCpuAffinity | undefined
}

/**
 * How the kernel schedules the process; times in nanoseconds.
 * @see https://man7.org/linux/man-pages/man2/sched_setattr.2.html
 */
export interface Scheduler {
  readonly policy: 'SCHED_OTHER' | 'SCHED_FIFO' | 'SCHED_RR' | 'SCHED_BATCH' | 'SCHED_ISO' | 'SCHED_IDLE' | 'SCHED_DEADLINE'
  readonly nice?: number | undefined
  readonly priority?: number | undefined
  readonly flags?:
    | readonly (
        | 'SCHED_FLAG_RESET_ON_FORK'
        | 'SCHED_FLAG_RECLAIM'
        | 'SCHED_FLAG_DL_OVERRUN'
        | 'SCHED_FLAG_KEEP_POLICY'
        | 'SCHED_FLAG_KEEP_PARAMS'
        | 'SCHED_FLAG_UTIL_CLAMP_MIN'
        | 'SCHED_FLAG_UTIL_CLAMP_MAX'
      )[]
    | undefined
  readonly runtime?: number | undefined
  readonly deadline?: number | undefined
  readonly period?: number | undefined
}

/**
 * Class and, from 0 (first) to 7, priority of input and output.
 * @see https://man7.org/linux/man-pages/man2/ioprio_set.2.html
 */
export interface IoPriority {
  readonly class: 'IOPRIO_CLASS_RT' | 'IOPRIO_CLASS_BE' | 'IOPRIO_CLASS_IDLE'
  readonly priority?: number | undefined
}

/** Processors of an exec, as a list such as `0-3,7`: before it is moved into the container's cgroup, and after. */
export interface ExecCpuAffinity {
  readonly initial?: string | undefined
  readonly final?: string | undefined
}

/** Size of the terminal in character cells. */
export interface ConsoleSize {
  readonly height: number
  readonly width: number
}

/**
 * Ids of a process, as numbers inside the container.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md#posix-platform-user
 */
export interface User {
  readonly uid: number
  readonly gid: number
  readonly umask?: number | undefined
  readonly additionalGids?: readonly number[] | undefined
}

/**
 * The five capability sets, as names (`CAP_CHOWN`).
 * @see https://man7.org/linux/man-pages/man7/capabilities.7.html
 */
export interface LinuxCapabilities {
  readonly bounding?: readonly string[] | undefined
  readonly effective?: readonly string[] | undefined
  readonly inheritable?: readonly string[] | undefined
  readonly permitted?: readonly string[] | undefined
  readonly ambient?: readonly string[] | undefined
}

/**
 * One resource limit (`RLIMIT_NOFILE`). A limit of `2^64 - 1` is RLIM_INFINITY; JSON numbers that large arrive rounded
 * and are taken as such.
 * @see https://man7.org/linux/man-pages/man2/getrlimit.2.html
 */
export interface Rlimit {
  readonly type: string
  readonly soft: number
  readonly hard: number
}
