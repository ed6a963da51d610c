import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CliError } from '../errors.ts'
import type { Places } from '../host.ts'
import { isListening } from './probe.ts'

/** The exit status of a daemon that found another one in possession of its root. */
export const LOCKED = 75

/** What the daemon's first line begins with. */
export const READY = 'ct daemon ready on '

/** How the background daemon is started. */
export interface StartOptions {
  /** The command line that is this program. */
  readonly self: readonly string[]
  readonly places: Places
  readonly env: Readonly<Record<string, string | undefined>>
  /** @default 20 000 */
  readonly timeoutMs?: number
  /** How long the daemon waits for work before it ends. @default its own, five minutes */
  readonly idleSeconds?: number | undefined
}

/**
 * Starts `ct daemon --on-demand` for the places, in a session of its own and waits until it listens. When two start at once, one of the
 * daemons takes the root and both callers go on with it. Throws `CLI_NEEDS_ROOT` and `CLI_NO_DAEMON`.
 */
export async function startDaemon({ self, places, env, timeoutMs = 20_000, idleSeconds }: StartOptions): Promise<void> {
  requireRoot()
  const logPath = join(places.runtimeDirectory, 'daemon.log')
  await mkdir(places.runtimeDirectory, { recursive: true, mode: 0o711 })
  await using log = await open(logPath, 'a', 0o600)
  const deadline = Date.now() + timeoutMs
  let outcome: string | number = 'time-out'
  while (Date.now() < deadline) {
    outcome = await spawnOnce({ self, places, env, logFd: log.fd, timeoutMs: deadline - Date.now(), idleSeconds })
    if (typeof outcome === 'string' && outcome.startsWith(READY)) return
    if (outcome !== LOCKED) break
    // The other one is about to listen, or about to end; in the latter case it is our turn again.
    if (await becomesReachable(places.host, Math.min(deadline, Date.now() + 2000))) return
  }
  const said = (await readFile(logPath, 'utf8')).trimEnd().split('\n').slice(-3).join('\n  ')
  throw new CliError('CLI_NO_DAEMON', `the daemon did not start (${typeof outcome === 'number' ? `exit status ${outcome}` : outcome})`, {
    kind: 'unavailable',
    hint: said === '' ? `its log is ${logPath}` : `${logPath} ends with:\n  ${said}`,
  })
}

interface SpawnOptions extends StartOptions {
  readonly logFd: number
  readonly timeoutMs: number
}

/** Gives the ready line, the exit status, or why neither came. */
async function spawnOnce({ self, places, env, logFd, timeoutMs, idleSeconds }: SpawnOptions): Promise<string | number> {
  const [command = process.execPath, ...args] = self
  args.push('daemon', '--on-demand', '--root', places.root, '--runtime-dir', places.runtimeDirectory, '-H', places.host)
  if (idleSeconds !== undefined) args.push('--idle-timeout', String(idleSeconds))
  const child = spawn(command, args, { cwd: '/', detached: true, env, stdio: ['ignore', 'pipe', logFd] })
  try {
    return await Promise.race([firstLine(child), sleep(timeoutMs, 'time-out', { ref: false })])
  } finally {
    child.unref()
    child.stdout?.destroy()
  }
}

/** Throws `CLI_NEEDS_ROOT` for anybody else. */
export function requireRoot(uid: number = process.getuid?.() ?? 0): void {
  if (uid === 0) return
  throw new CliError('CLI_NEEDS_ROOT', 'the ct daemon needs root', {
    kind: 'denied',
    hint: 'run the command with sudo, or start `sudo ct daemon` once and name its socket with -H or CT_HOST',
  })
}

/** The first line of the child's stdout, or its exit status when it ends before. */
function firstLine(child: ChildProcess): Promise<string | number> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? `killed by ${signal}`))
  })
}

async function becomesReachable(host: string, deadline: number): Promise<boolean> {
  while (Date.now() < deadline) {
    if (await isListening(host)) return true
    await sleep(50)
  }
  return false
}
