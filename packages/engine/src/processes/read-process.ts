import { readFileSync, statSync } from 'node:fs'
import { hasErrno } from '@ct/errors'

/** Clock ticks a second in /proc; the same on every Linux that Node runs on. */
const TICKS = 100

/** What /proc says of one process. */
export interface ProcessFacts {
  readonly uid: number
  readonly parentPid: number
  /** Processor time per time lived. */
  readonly cpuPercent: number
  readonly startedAt: Date
  /** `pts/0`, or `?`. */
  readonly terminal: string
  readonly cpuSeconds: number
  readonly command: string
}

/** Facts of a process, or undefined when it has gone. */
export function readProcess(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
    const [, parentPid = 0, , , terminal = 0] = fields
    const cpuSeconds = Math.floor(((fields[11] ?? 0) + (fields[12] ?? 0)) / TICKS)
    const age = Math.max(uptime - (fields[19] ?? 0) / TICKS, 0.01)
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
    return {
      uid: statSync(`/proc/${pid}`).uid,
      parentPid,
      cpuPercent: Math.min(99, Math.floor((cpuSeconds * 100) / age)),
      startedAt: new Date(Date.now() - age * 1000),
      terminal: terminalName(terminal),
      cpuSeconds,
      command: command === '' ? `[${name}]` : command,
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ESRCH')) return undefined
    throw error
  }
}

/** Unix98 pseudoterminals are majors 136 to 143; the number is split as the kernel does. */
function terminalName(device: number): string {
  const major = (device >> 8) & 0xfff
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00)
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`
  return device === 0 ? '?' : `tty${minor}`
}
