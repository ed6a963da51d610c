import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { helperPath } from './helper-path.ts'
import { openServedHelper } from './helper-server.ts'
import { nextReport } from './next-report.ts'
import type { SupervisorPlan } from './plan.ts'
import type { Report } from './report.ts'
import { MessageWriter } from './wire.ts'

/** What a launch is told, and asked. */
export interface LauncherRun {
  readonly message: Uint8Array
  readonly signal: AbortSignal | undefined
  /** The answer to a pause of the process. */
  readonly onPause: (pid: number) => Promise<Uint8Array | undefined>
}

/** How a launch went. */
export interface LauncherResult {
  readonly report: Report
  /** A connection to the supervisor, which does not keep this program from ending. */
  readonly connection: Socket
}

/** A helper that has its message. */
interface Launcher {
  readonly input: Writable
  /** Gives the reports; when all is well, a client's connection to the supervisor. */
  readonly status: Socket
  readonly kill: () => void
  /** This program may end before it. */
  readonly release: () => void
}

/** Lets a helper execute a plan, and gives its last report. It stays as the supervisor. */
export async function runLauncher(supervisor: SupervisorPlan, run: LauncherRun): Promise<LauncherResult> {
  const { signal } = run
  const launcher = (await openServed(supervisor, run.message)) ?? startLauncher(supervisor, run.message)
  if (signal?.aborted) launcher.kill()
  signal?.addEventListener('abort', launcher.kill)
  try {
    const report = await exchange(launcher, run)
    // The report that all is well may come with the abort: the process has been killed then.
    signal?.throwIfAborted()
    if (!report.ok) launcher.status.destroy()
    return { report, connection: launcher.status.unref() }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', launcher.kill)
    if (launcher.input !== launcher.status) launcher.input.end()
    launcher.status.resume() // so that its end is noticed
    launcher.release()
  }
}

/** A process that gets descriptors of this program must be its child. */
async function openServed({ stdio, preservedFds = 0 }: SupervisorPlan, message: Uint8Array): Promise<Launcher | undefined> {
  if (stdio === 'inherit' || preservedFds > 0) return undefined
  const served = await openServedHelper('run', message)
  if (served === undefined) return undefined
  const { connection, kill } = served
  return { input: connection, status: connection, kill, release: () => undefined }
}

function startLauncher({ stdio, preservedFds = 0 }: SupervisorPlan, message: Uint8Array): Launcher {
  const own = stdio === 'inherit' ? 'inherit' : 'ignore'
  const preserved = Array.from({ length: preservedFds }, (_, index) => index + 3)
  const child = spawn(helperPath(), ['run'], { stdio: [own, own, own, 'pipe', 'pipe', ...preserved], detached: true, cwd: '/', env: {} })
  const [, , , input, status] = child.stdio as unknown as [unknown, unknown, unknown, Writable, Socket]
  child.on('error', (error) => status.destroy(error))
  for (const stream of [input, status]) stream.on('error', () => undefined) // the report, or that there is none, says it all
  input.write(message)
  return { input, status, kill: () => void child.kill('SIGKILL'), release: () => child.unref() }
}

/** Answers pauses, and gives the last report. */
async function exchange({ input, status }: Launcher, { onPause }: LauncherRun): Promise<Report> {
  for (let next = nextReport(status, 'run'); ; ) {
    const report = await next
    if (!report.isPause) return report
    next = nextReport(status, 'run')
    next.catch(() => undefined)
    await Promise.race([answer(input, onPause(report.pid)), next]) // a helper that ends meanwhile is not waited for
  }
}

async function answer(input: Writable, asked: Promise<Uint8Array | undefined>): Promise<void> {
  try {
    input.write(new MessageWriter().bytes((await asked) ?? new Uint8Array()).finish())
  } catch (error) {
    input.write(new MessageWriter().finish()) // no answer: the helper undoes what it has made
    throw error
  }
}
