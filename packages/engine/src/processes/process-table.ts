import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { hasErrno } from '@ct/errors'
import type { ProcessTable } from '../containers/container-stats.ts'
import { EngineError, invalid } from '../errors.ts'
import { readProcess } from './read-process.ts'

const run = promisify(execFile)
const FULL_FORMAT = ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']

/**
 * The processes of a container as ps(1) shows them. The usual columns (`-ef`) are read from /proc; other arguments need
 * a `ps` on the host (`ENGINE_UNSUPPORTED` without).
 */
export async function processTable(pids: readonly number[], psArgs = '-ef'): Promise<ProcessTable> {
  const args = psArgs.trim().split(/\s+/)
  if (args.join(' ') === '-ef' || psArgs.trim() === '') return { titles: FULL_FORMAT, processes: fullFormat(pids) }
  return filterTable(await runPs(args), new Set(pids))
}

function fullFormat(pids: readonly number[]): string[][] {
  const users = userNames()
  return pids.flatMap((pid) => {
    const found = readProcess(pid)
    if (found === undefined) return []
    const { uid, parentPid, cpuPercent, startedAt, terminal, cpuSeconds, command } = found
    return [
      [
        users.get(uid) ?? String(uid),
        String(pid),
        String(parentPid),
        String(cpuPercent),
        startText(startedAt),
        terminal,
        clock(cpuSeconds),
        command,
      ],
    ]
  })
}

function userNames(): Map<number, string> {
  const entries = readFileSync('/etc/passwd', 'utf8').trim().split('\n').reverse()
  return new Map(entries.map((line) => line.split(':')).map(([name = '', , uid = '']) => [Number(uid), name]))
}

function startText(startedAt: Date): string {
  const isToday = startedAt.toDateString() === new Date().toDateString()
  const two = (value: number): string => String(value).padStart(2, '0')
  if (isToday) return `${two(startedAt.getHours())}:${two(startedAt.getMinutes())}`
  return `${startedAt.toLocaleString('en', { month: 'short' })}${two(startedAt.getDate())}`
}

function clock(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}

async function runPs(args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run('ps', args, { maxBuffer: 64 * 1024 * 1024 })
    return stdout
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) {
      throw new EngineError('ENGINE_UNSUPPORTED', 'ps arguments need the program ps on the host', {
        kind: 'unsupported',
        hint: 'install procps, or leave the arguments out',
        cause: error,
      })
    }
    throw invalid(`ps: ${error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)}`)
  }
}

/** Keeps the rows of the given pids; the last column takes the rest of a row, as it may hold spaces. */
function filterTable(text: string, pids: ReadonlySet<number>): ProcessTable {
  const [header = '', ...rows] = text.trimEnd().split('\n')
  const titles = header.trim().split(/\s+/)
  const pidColumn = titles.indexOf('PID')
  if (pidColumn < 0) throw invalid("Couldn't find PID field in ps output")
  const processes = rows.map((row) => columns(row, titles.length)).filter((row) => pids.has(Number(row[pidColumn])))
  return { titles, processes }
}

function columns(row: string, count: number): string[] {
  const words = row.trim().split(/\s+/)
  return words.length <= count ? words : [...words.slice(0, count - 1), words.slice(count - 1).join(' ')]
}
