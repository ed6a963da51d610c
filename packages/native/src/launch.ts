import { constants } from 'node:fs'
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasErrno } from '@ct/errors'
import { type EncodedPlan, encodeExecPlan, encodeRunPlan } from './encode-plan.ts'
import { NativeError } from './errors.ts'
import { writeIdMaps } from './id-maps.ts'
import { runLauncher } from './launcher.ts'
import type { ExecPlan, Operation, RunPlan } from './plan.ts'
import { type Report, systemError } from './report.ts'
import { execError, SocketSupervisor, type Supervisor } from './supervisor.ts'

/** Options of {@link launch} and {@link launchExec}. */
export interface LaunchOptions {
  /** Ends a launch that has not been reported yet, and the process with it. */
  readonly signal?: AbortSignal | undefined
  /**
   * Called at each `pause` of the plan with the process's id. What it resolves to is sent along with a listener of a
   * system call filter; when it rejects, so does the launch, and nothing of the process is left.
   */
  readonly onPause?: ((pid: number) => Promise<Uint8Array | undefined>) | undefined
}

/**
 * Launches a process in namespaces of its own. Resolves when it waits at its `hold`, or executes its program when the
 * plan has none. Throws `NATIVE_LAUNCH_FAILED`, `NATIVE_EXEC_FAILED`, `NATIVE_HELPER_LOST` or `NATIVE_NO_HELPER`;
 * nothing of the process is left then. The supervisor lives on when this program ends.
 */
export function launch(plan: RunPlan, options: LaunchOptions = {}): Promise<Supervisor> {
  return launchPlan(plan, encodeRunPlan(plan), options)
}

/** Launches a process in the namespaces of a running one; otherwise as {@link launch}. */
export function launchExec(plan: ExecPlan, options: LaunchOptions = {}): Promise<Supervisor> {
  return launchPlan(plan, encodeExecPlan(plan), options)
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

async function launchPlan(plan: RunPlan | ExecPlan, encoded: EncodedPlan, options: LaunchOptions): Promise<Supervisor> {
  const { signal, onPause } = options
  signal?.throwIfAborted()
  let pauses = 0
  const { report, connection } = await runLauncher(plan.supervisor, {
    message: encoded.message,
    signal,
    onPause: async (pid) => {
      if (!encoded.pausesForMaps || !('namespaces' in plan) || 'pid' in plan || pauses++ > 0) return await onPause?.(pid)
      await writeIdMaps(pid, plan)
      return undefined
    },
  })
  if (!report.ok) throw launchError(report, plan, encoded.origins)
  const { socketPath = '', exitPath, pidPath } = plan.supervisor
  if (pidPath !== undefined) await writeWhole(pidPath, String(report.pid))
  return new SocketSupervisor(socketPath, { pid: report.pid, exitPath, connection })
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`
  try {
    await writeFile(temporary, text)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

function launchError(report: Report, { operations }: RunPlan | ExecPlan, origins: readonly number[]): NativeError {
  const operationIndex = origins[report.index] ?? -1
  const operation = report.stage === 'operation' || report.stage === 'exec' ? operations[operationIndex] : undefined
  if (operation?.op === 'exec') return execError(report, JSON.stringify(operation.args[0] ?? operation.files[0]))
  if (operation?.op === 'probe') return execError(report, JSON.stringify(operation.files[0]))
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
