import { hasErrno, isCtError } from '@ct/errors'
import { signalNumber } from '@ct/runtime-linux'
import { EngineError } from '../errors.ts'
import type { ContainerContext } from './container-context.ts'
import { emitContainerEvent } from './container-events.ts'
import type { StopOptions } from './containers.ts'
import type { ManagedContainer } from './managed-container.ts'
import { cancelRestart } from './restart-policy.ts'

const SIGKILL = 9
const DEFAULT_GRACE_SECONDS = 10
/** How long after SIGKILL the kernel may take until somebody should hear of it. */
const KILL_PATIENCE_MS = 10_000

/** Ends a running container: its stop signal, and SIGKILL after the grace period. `ENGINE_NOT_RUNNING` is not-modified. */
export async function stopContainer(
  context: ContainerContext,
  container: ManagedContainer,
  { timeoutSeconds, signal }: StopOptions = {},
): Promise<void> {
  const { record } = container
  const number = signalNumber(signal ?? record.spec.stopSignal)
  if (!container.isUp) {
    if (cancelRestart(container)) return
    throw new EngineError('ENGINE_NOT_RUNNING', `container ${record.id} is not running`, { kind: 'not-modified' })
  }
  container.update({ manuallyStopped: true })
  const ended = container.nextExit()
  await sendSignal(context, container, number)
  if (record.state.status === 'paused') await thaw(context, container)
  const graceSeconds = timeoutSeconds ?? record.spec.stopTimeoutSeconds ?? DEFAULT_GRACE_SECONDS
  if (!(await endsWithin(ended, graceSeconds * 1000))) {
    await sendSignal(context, container, SIGKILL)
    if (!(await endsWithin(ended, KILL_PATIENCE_MS))) context.log(`container ${record.id} still exists after SIGKILL`)
    await ended
  }
  emitContainerEvent(context.events, record, 'stop')
}

/** Sends any signal to a running container, and waits for its end when that is SIGKILL. `ENGINE_NOT_RUNNING` is a conflict. */
export async function killContainer(context: ContainerContext, container: ManagedContainer, number: number): Promise<void> {
  const { record } = container
  if (!container.isUp) {
    if (cancelRestart(container)) return
    throw new EngineError('ENGINE_NOT_RUNNING', `container ${record.id} is not running`, { kind: 'conflict' })
  }
  // One that was told to end is not to be started again.
  if (number === SIGKILL || number === signalNumber(record.spec.stopSignal)) container.update({ manuallyStopped: true })
  if (number !== SIGKILL) return sendSignal(context, container, number)
  const ended = container.nextExit()
  await sendSignal(context, container, number)
  if (record.state.status === 'paused') await thaw(context, container)
  await endsWithin(ended, KILL_PATIENCE_MS)
}

/** Sends a signal to a container's first process; one that has just ended is no error. */
export async function sendSignal(context: ContainerContext, container: ManagedContainer, number: number): Promise<void> {
  try {
    await container.live?.supervisor.kill(number)
  } catch (error) {
    if (!isGone(error)) throw error
  }
  emitContainerEvent(context.events, container.record, 'kill', { signal: String(number) })
}

/** Whether an error says that there is no process, or no supervisor of it, any more. */
function isGone(error: unknown): boolean {
  const codes = ['ESRCH', 'ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']
  return (
    hasErrno(error, ...codes) ||
    (error instanceof Error && hasErrno(error.cause, ...codes)) ||
    (isCtError(error) && error.kind === 'not-found')
  )
}

/** Lets a frozen container run, as only then it can end. */
export async function thaw({ runtime }: ContainerContext, container: ManagedContainer): Promise<void> {
  await runtime.resume(container.id)
  if (container.record.state.status === 'paused') container.setState({ status: 'running' })
}

/** Whether a promise settles in time; a negative time is for ever. */
async function endsWithin(ended: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  if (timeoutMs < 0) return ended.then(() => true)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs)
  })
  try {
    return await Promise.race([ended.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
