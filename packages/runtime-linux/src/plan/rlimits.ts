import type { Operation } from '@ct/native'
import type { Rlimit } from '../spec/process.ts'

/**
 * Numbers of the resource limits.
 * @see https://man7.org/linux/man-pages/man2/getrlimit.2.html
 */
export const RLIMITS: Readonly<Record<string, number>> = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
}

/** Operations that set resource limits. */
export function planRlimits(rlimits: readonly Rlimit[] = []): Operation[] {
  return rlimits.flatMap(({ type, soft, hard }): Operation[] => {
    const resource = RLIMITS[type]
    return resource === undefined ? [] : [{ op: 'rlimit', resource, soft: limitOf(soft), hard: limitOf(hard) }]
  })
}

/** 2^64 - 1 is RLIM_INFINITY, and so is what JSON rounds up to 2^64. */
function limitOf(value: number): bigint {
  return value >= 2 ** 64 ? 0xffff_ffff_ffff_ffffn : BigInt(value)
}
