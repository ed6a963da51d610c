import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { hasErrno } from '@ct/errors'
import type { InterfaceStats } from '../containers/container-stats.ts'

/** Time of all processors of the host since boot in nanoseconds, and how many there are. */
export function hostCpu(): { readonly hostNs: number; readonly onlineCpus: number } {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? ''
  // user nice system idle iowait irq softirq steal; guest time is part of user.
  const ticks = line
    .split(/\s+/)
    .slice(1, 9)
    .reduce((sum, text) => sum + Number(text), 0)
  return { hostNs: ticks * 10_000_000, onlineCpus: availableParallelism() }
}

/** Memory of the host in bytes. */
export const hostMemoryBytes = (): number => totalmem()

/** Counters of the interfaces that a process sees, without loopback; none when the process has gone. */
export function interfaceStats(pid: number): Readonly<Record<string, InterfaceStats>> {
  try {
    return Object.fromEntries(
      readFileSync(`/proc/${pid}/net/dev`, 'utf8')
        .split('\n')
        .slice(2)
        .map((line) => line.trim().split(/[:\s]+/))
        .filter(([name = '']) => name !== '' && name !== 'lo')
        .map(([name = '', ...counters]) => [name, counted(counters.map(Number))]),
    )
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ESRCH', 'EINVAL')) return {}
    throw error
  }
}

/** Columns of /proc/net/dev: receive bytes packets errs drop fifo frame compressed multicast, then transmit the same way. */
function counted(columns: readonly number[]): InterfaceStats {
  const at = (index: number): number => columns[index] ?? 0
  return {
    rxBytes: at(0),
    rxPackets: at(1),
    rxErrors: at(2),
    rxDropped: at(3),
    txBytes: at(8),
    txPackets: at(9),
    txErrors: at(10),
    txDropped: at(11),
  }
}
