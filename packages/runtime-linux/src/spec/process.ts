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
