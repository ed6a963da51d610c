import { readFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'

/** A process that cannot be mistaken for a later one with the same pid, across reboots. */
export interface ProcessIdentity {
  readonly pid: number
  /** Field 22 of /proc/<pid>/stat. */
  readonly startTime: string
  readonly bootId: string
}

/** The identity of a process that exists; undefined when there is none of that pid. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
    return { pid, startTime, bootId: currentBootId() }
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ESRCH')) return undefined
    throw error
  }
}

/** The id of the machine's present run. */
export function currentBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/** Whether that very process still exists. */
export function isAlive(identity: ProcessIdentity): boolean {
  const present = processIdentity(identity.pid)
  return present !== undefined && present.startTime === identity.startTime && present.bootId === identity.bootId
}
