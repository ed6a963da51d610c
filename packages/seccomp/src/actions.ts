import type { SeccompAction } from './linux-seccomp.ts'

const EPERM = 1

/** The filter's return values (SECCOMP_RET_…); the low 16 bits carry an errno or a tracer's message. */
const VALUES: Readonly<Record<SeccompAction, number>> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_NOTIFY: 0x7fc00000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
}

/** All values of {@link SeccompAction}. */
export const SECCOMP_ACTIONS = Object.keys(VALUES) as readonly SeccompAction[]

const CARRY_DATA: readonly SeccompAction[] = ['SCMP_ACT_ERRNO', 'SCMP_ACT_TRACE']

/**
 * What a filter returns for an action. `data` is the errno, or the message to the tracer; default EPERM, as in runc.
 * @see https://man7.org/linux/man-pages/man2/seccomp.2.html
 */
export function actionValue(action: SeccompAction, data?: number): number {
  const value = VALUES[action]
  return CARRY_DATA.includes(action) ? (value | ((data ?? EPERM) & 0xffff)) >>> 0 : value
}
