import type { ExitRecord } from '@ct/native'
import type { ContainerContext } from './container-context.ts'
import type { ManagedContainer } from './managed-container.ts'
import { startContainer } from './start-container.ts'

const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 60_000
/** A container that lived so long gets the first delay again. */
const GOOD_RUN_NS = 10_000_000_000n

/** Whether the policy of a container starts it again after this end, and after which delay in milliseconds. */
export function nextRestart({ record, restartDelayMs }: ManagedContainer, exit: ExitRecord): number | undefined {
  const { name, maximumRetryCount = 0 } = record.spec.restartPolicy
  if (name === 'no' || record.manuallyStopped) return undefined
  if (name === 'on-failure' && exit.exitCode === 0) return undefined
  if (name === 'on-failure' && maximumRetryCount > 0 && record.restartCount >= maximumRetryCount) return undefined
  const wasGood = exit.exitedAtNs - exit.startedAtNs >= GOOD_RUN_NS
  return wasGood || restartDelayMs === 0 ? FIRST_DELAY_MS : Math.min(restartDelayMs * 2, MAX_DELAY_MS)
}

/** Starts a container again after a delay, unless somebody stops it before. */
export function scheduleRestart(context: ContainerContext, container: ManagedContainer, delayMs: number): void {
  container.restartDelayMs = delayMs
  // The record says that it is due; the next engine does it.
  if (context.closed.aborted) return
  container.restartTimer = setTimeout(() => {
    container.restartTimer = undefined
    void container.queue
      .run(() => restart(context, container))
      .catch((error: unknown) => context.log(`cannot restart ${container.id}: ${String(error)}`))
  }, delayMs)
}

/** Gives a planned restart up; says whether there was one. */
export function cancelRestart(container: ManagedContainer): boolean {
  const { restartTimer } = container
  clearTimeout(restartTimer)
  container.restartTimer = undefined
  if (container.record.state.status !== 'restarting') return false
  container.setState({ status: 'exited' })
  return true
}

async function restart(context: ContainerContext, container: ManagedContainer): Promise<void> {
  if (context.closed.aborted || container.record.state.status !== 'restarting') return
  container.update({ restartCount: container.record.restartCount + 1 })
  try {
    await startContainer(context, container)
  } catch (error) {
    container.setState({ status: 'exited' })
    throw error
  }
}
