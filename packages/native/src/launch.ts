import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasErrno } from '@ct/errors'
import { type EncodedPlan, encodeExecPlan, encodeRunPlan } from './encode-plan.ts'
import { NativeError } from './errors.ts'
import { helperPath } from './helper-path.ts'
import type { ExecPlan, Operation, RunPlan } from './plan.ts'
import { parseReport, type Report, systemError } from './report.ts'
import { connectSupervisor, execError, type Supervisor } from './supervisor.ts'

/** Options of {@link launch} and {@link launchExec}. */
export interface LaunchOptions {
  /** Ends a launch that has not been reported yet, and the process with it. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Launches a process in namespaces of its own. Resolves when it waits at its `hold`, or executes its program when the
 * plan has none. Throws `NATIVE_LAUNCH_FAILED`, `NATIVE_EXEC_FAILED`, `NATIVE_HELPER_LOST` or `NATIVE_NO_HELPER`;
 * nothing of the process is left then. The supervisor lives on when this program ends.
 */
export function launch(plan: RunPlan, options: LaunchOptions = {}): Promise<Supervisor> {
  return launchVerb('run', plan, encodeRunPlan(plan), options)
}

/** Launches a process in the namespaces of a running one; otherwise as {@link launch}. */
export function launchExec(plan: ExecPlan, options: LaunchOptions = {}): Promise<Supervisor> {
  return launchVerb('exec', plan, encodeExecPlan(plan), options)
}

/** How long a process that says it is held may take to open its FIFO. */
const HOLD_MS = 1000

/** Releases a process that is held at the FIFO of `detachWithFifo`. Throws `NATIVE_SUPERVISOR_GONE` when none comes there. */
export async function releaseFifo(path: string): Promise<void> {
  for (const deadline = Date.now() + HOLD_MS; ; await sleep(5)) {
    try {
      await using fifo = await open(path, constants.O_WRONLY | constants.O_NONBLOCK)
      await fifo.write('g')
      return
    } catch (cause) {
      if (hasErrno(cause, 'ENXIO') && Date.now() < deadline) continue
      throw new NativeError('NATIVE_SUPERVISOR_GONE', `no process is held at ${path}`, { kind: 'conflict', cause })
    }
  }
}

async function launchVerb(
  verb: 'run' | 'exec',
  plan: RunPlan | ExecPlan,
  encoded: EncodedPlan,
  { signal }: LaunchOptions,
): Promise<Supervisor> {
  signal?.throwIfAborted()
  const report = await runHelper(verb, plan, encoded.message, signal)
  if (!report.ok) throw launchError(report, plan, encoded.headerOperations)
  const { socketPath = '', exitPath } = plan.supervisor
  return connectSupervisor(socketPath, { pid: report.pid, exitPath })
}

async function runHelper(
  verb: string,
  { supervisor }: RunPlan | ExecPlan,
  message: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Report> {
  const own = supervisor.stdio === 'inherit' ? 'inherit' : 'ignore'
  const stdio: StdioOptions = [own, own, own, 'pipe', 'pipe']
  const child = spawn(helperPath(), [verb], { stdio, detached: true, cwd: '/', env: {} })
  const kill = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', kill)
  try {
    const report = await exchange(child, verb, message)
    // The report that all is well may come with the abort: the process has been killed then.
    signal?.throwIfAborted()
    return report
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', kill)
    child.unref()
  }
}

/** Sends the plan, and reads the one report. */
function exchange(child: ChildProcess, verb: string, message: Uint8Array): Promise<Report> {
  const [, , , input, status] = child.stdio as unknown as [unknown, unknown, unknown, Writable, Readable]
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    child.on('error', reject)
    input.on('error', () => input.destroy()) // a helper that gives up closes its end; the report says why
    input.end(message)
    status.on('error', reject)
    status.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      const report = parseReport(bytes)
      if (report === undefined) return
      resolve(report)
      input.destroy()
      status.destroy()
    })
    status.on('close', () =>
      reject(new NativeError('NATIVE_HELPER_LOST', `ct-native ${verb} ended without a report`, { kind: 'internal' })),
    )
  })
}

function launchError(report: Report, { operations }: RunPlan | ExecPlan, headerOperations: number): NativeError {
  const operationIndex = report.index - headerOperations
  const operation = report.stage === 'operation' || report.stage === 'exec' ? operations[operationIndex] : undefined
  if (operation?.op === 'exec') return execError(report, JSON.stringify(operation.args[0] ?? operation.files[0]))
  const cause = systemError(report.errno, operation?.op === 'root' || operation?.op === 'mount' ? 'mount' : report.stage)
  const what = operation ? `operation ${operationIndex}, ${describe(operation)}` : report.stage
  return new NativeError('NATIVE_LAUNCH_FAILED', `cannot launch the process: ${what}: ${cause.message}`, {
    kind: cause.code === 'ENOMEM' || cause.code === 'EAGAIN' ? 'exhausted' : report.stage === 'plan' ? 'internal' : 'invalid',
    cause,
    errno: cause.code,
    stage: report.stage,
    operationIndex: operation ? operationIndex : undefined,
  })
}

function describe(operation: Operation): string {
  const subject = 'target' in operation ? operation.target : 'path' in operation ? operation.path : ''
  return `${operation.op} ${subject}`.trim()
}
