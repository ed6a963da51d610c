import { readFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'

/** What `/proc/<pid>/stat` says of a process. */
export interface ProcessStatus {
  /** Clock ticks from boot to its start. */
  readonly startTime: bigint
  /** It has ended and waits for its parent to take note. */
  readonly isZombie: boolean
}

/**
 * Reads a process's status; undefined when there is no such process.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function readProcessStatus(pid: number): ProcessStatus | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { startTime: BigInt(fields[19] ?? 0), isZombie: fields[0] === 'Z' || fields[0] === 'X' }
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ESRCH')) return undefined
    throw error
  }
}
