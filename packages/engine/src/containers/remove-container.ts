import { EngineError } from '../errors.ts'
import type { ContainerContext } from './container-context.ts'
import { emitContainerEvent } from './container-events.ts'
import type { ManagedContainer } from './managed-container.ts'
import { cancelRestart } from './restart-policy.ts'
import { sendSignal, thaw } from './stop-container.ts'

/** What goes with a container, and whether a running one is killed. */
export interface RemoveOptions {
  readonly force: boolean
  readonly volumes: boolean
}

/** Removes a container with its read/write layer and log. `ENGINE_IS_RUNNING` (conflict) without force. */
export async function removeContainer(
  context: ContainerContext,
  container: ManagedContainer,
  { force, volumes }: RemoveOptions,
): Promise<void> {
  const { record, id } = container
  if (context.table.find(id) === undefined) throw new EngineError('ENGINE_NO_CONTAINER', `No such container: ${id}`, { kind: 'not-found' })
  if (container.isUp) {
    if (!force) throw isRunning(container)
    await killForRemoval(context, container)
  }
  cancelRestart(container)
  container.setState({ status: 'removing' })
  for (const { stream } of container.waitingStreams) stream.cancel()
  if (volumes) removeAnonymousVolumes(context, container)
  await context.runtime.delete(id, { force: true })
  context.table.delete(container)
  emitContainerEvent(context.events, record, 'destroy')
  // From here on nobody finds it, and its name is free; its files go while who waits is told.
  container.tellRemoved()
  await discard(context, container)
}

/** Removes the files of a container, whatever is left of them. The record goes last, so that an interrupted removal is taken up again. */
export async function discard({ snapshotter, records }: ContainerContext, { id, record }: ManagedContainer): Promise<void> {
  if ((await snapshotter.find(id)) !== undefined) await snapshotter.remove(id)
  records.remove(record.id)
}

async function killForRemoval(context: ContainerContext, container: ManagedContainer): Promise<void> {
  container.update({ manuallyStopped: true })
  const ended = container.nextExit()
  await sendSignal(context, container, 9)
  if (container.record.state.status === 'paused') await thaw(context, container)
  await ended
}

function removeAnonymousVolumes({ table, volumes }: ContainerContext, { id, record }: ManagedContainer): void {
  const usedByOthers = new Set(
    [...table].filter((other) => other.id !== id).flatMap((other) => other.record.mounts.map(({ name }) => name)),
  )
  for (const { name = '', anonymous } of record.mounts) {
    const volume = volumes.find(name)
    if (anonymous && volume !== undefined && !usedByOthers.has(name)) volumes.remove(volume)
  }
}

function isRunning({ record }: ManagedContainer): EngineError {
  const advice =
    record.state.status === 'paused'
      ? 'unpause and then stop the container before removal or force remove'
      : 'stop the container before removal or force remove'
  return new EngineError('ENGINE_IS_RUNNING', `cannot remove container "${record.name}": container is ${record.state.status}: ${advice}`, {
    kind: 'conflict',
  })
}
