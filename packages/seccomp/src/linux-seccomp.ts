/** What the kernel does about a system call. `SCMP_ACT_KILL` is `SCMP_ACT_KILL_THREAD`. */
export type SeccompAction =
  | 'SCMP_ACT_KILL'
  | 'SCMP_ACT_KILL_PROCESS'
  | 'SCMP_ACT_KILL_THREAD'
  | 'SCMP_ACT_TRAP'
  | 'SCMP_ACT_ERRNO'
  | 'SCMP_ACT_TRACE'
  | 'SCMP_ACT_LOG'
  | 'SCMP_ACT_NOTIFY'
  | 'SCMP_ACT_ALLOW'

/** How an argument is compared; `SCMP_CMP_MASKED_EQ` is `(argument & value) == valueTwo`. */
export type SeccompOperator =
  | 'SCMP_CMP_NE'
  | 'SCMP_CMP_LT'
  | 'SCMP_CMP_LE'
  | 'SCMP_CMP_EQ'
  | 'SCMP_CMP_GE'
  | 'SCMP_CMP_GT'
  | 'SCMP_CMP_MASKED_EQ'

/** Architectures whose calls a filter can judge here. */
export type SeccompArchitecture = 'SCMP_ARCH_X86_64' | 'SCMP_ARCH_X86' | 'SCMP_ARCH_X32' | 'SCMP_ARCH_AARCH64' | 'SCMP_ARCH_ARM'

/** Flags of seccomp(2). */
export type SeccompFlag =
  | 'SECCOMP_FILTER_FLAG_TSYNC'
  | 'SECCOMP_FILTER_FLAG_LOG'
  | 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'
  | 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'

/**
 * The system call filter of a container.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp
 */
export interface LinuxSeccomp {
  readonly defaultAction: SeccompAction
  readonly defaultErrnoRet?: number | undefined
  /** Default: the machine's own. Calls of any other are killed. */
  readonly architectures?: readonly SeccompArchitecture[] | undefined
  readonly flags?: readonly SeccompFlag[] | undefined
  readonly syscalls?: readonly LinuxSyscall[] | undefined
  /** Unix socket of who answers the calls of SCMP_ACT_NOTIFY; it gets the container's state and the listener. */
  readonly listenerPath?: string | undefined
  /** Sent along with it. */
  readonly listenerMetadata?: string | undefined
}

/** One rule: every name gets `action` when all `args` hold. Names that an architecture lacks are skipped. */
export interface LinuxSyscall {
  readonly names: readonly string[]
  readonly action: SeccompAction
  readonly errnoRet?: number | undefined
  readonly args?: readonly LinuxSeccompArg[] | undefined
}

/** A condition on one argument, numbered from 0; all comparisons are unsigned and 64 bits wide. */
export interface LinuxSeccompArg {
  readonly index: number
  readonly value: number
  readonly valueTwo?: number | undefined
  readonly op: SeccompOperator
}
