export { SECCOMP_ACTIONS } from './actions.ts'
export { SECCOMP_ARCHITECTURES } from './architectures.ts'
export { checkSeccomp } from './check-seccomp.ts'
export { SECCOMP_OPERATORS } from './compare.ts'
export { compileSeccomp } from './compile-seccomp.ts'
export { defaultSeccomp } from './default-seccomp.ts'
export { SeccompError, type SeccompErrorCode } from './errors.ts'
export type {
  LinuxSeccomp,
  LinuxSeccompArg,
  LinuxSyscall,
  SeccompAction,
  SeccompArchitecture,
  SeccompFlag,
  SeccompOperator,
} from './linux-seccomp.ts'
export { SECCOMP_FLAGS, seccompFlags } from './seccomp-flags.ts'
