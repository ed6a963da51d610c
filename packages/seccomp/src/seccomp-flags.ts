import type { LinuxSeccomp, SeccompFlag } from './linux-seccomp.ts'

const VALUES: Readonly<Record<SeccompFlag, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC: 1,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 32,
}

/** SECCOMP_FILTER_FLAG_NEW_LISTENER; does not go with TSYNC. */
const NEW_LISTENER = 8

/** All values of {@link SeccompFlag}. */
export const SECCOMP_FLAGS = Object.keys(VALUES) as readonly SeccompFlag[]

/**
 * The flags to give to seccomp(2) along with the program of a filter: its own, and that of a listener in the place of
 * TSYNC when somebody is asked about calls.
 * @see https://man7.org/linux/man-pages/man2/seccomp.2.html
 */
export function seccompFlags({ defaultAction, syscalls, flags }: LinuxSeccomp): number {
  const own = (flags ?? []).reduce((sum, flag) => sum | VALUES[flag], 0)
  const asks = [defaultAction, ...(syscalls ?? []).map(({ action }) => action)].includes('SCMP_ACT_NOTIFY')
  return asks ? (own & ~VALUES.SECCOMP_FILTER_FLAG_TSYNC) | NEW_LISTENER : own
}
