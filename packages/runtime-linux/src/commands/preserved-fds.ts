import { readlinkSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import { UsageError } from './parse-flags.ts'

const FIRST = 3
/** What the helper takes. */
const MAXIMUM = 64
/** The first descriptor that Node opens for itself, which gets the lowest number that is free. */
const NODES_OWN = 'anon_inode:[eventpoll]'

/**
 * How many sockets an init system has handed to this program, by LISTEN_FDS when LISTEN_PID names it.
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 */
export function activatedFds({ LISTEN_FDS, LISTEN_PID }: Readonly<Record<string, string | undefined>>): number {
  return LISTEN_FDS !== undefined && /^\d{1,4}$/.test(LISTEN_FDS) && Number(LISTEN_PID) === process.pid ? Number(LISTEN_FDS) : 0
}

/** Checks that this program was started with so many descriptors from 3 on: others would be its own. */
export function preservedFds(count: number): number {
  if (count < 0 || count > MAXIMUM) throw new UsageError(`cannot preserve ${count} descriptors: from 0 to ${MAXIMUM} are possible`)
  for (let fd = FIRST; fd < FIRST + count; fd += 1) {
    if (!wasGiven(fd)) throw new UsageError(`please check that preserved-fd ${fd - FIRST + 1} (of ${count}) is present`)
  }
  return count
}

function wasGiven(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) !== NODES_OWN
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false
    throw error
  }
}
