import { disconnectContainer, tellPeers } from '../networks/connect-container.ts'
import { parseTimeText, timeTextOf } from '../store/time-text.ts'
import type { ContainerContext } from './container-context.ts'
import { emitContainerEvent, emitNetworkEvent } from './container-events.ts'
import { disconnected } from './disconnected.ts'
import type { ManagedContainer } from './managed-container.ts'
import { removeContainer } from './remove-container.ts'
import { nextRestart, scheduleRestart } from './restart-policy.ts'
import type { Ending } from './watch-exit.ts'

/**
 * Cleans up after a container that has ended, records how, tells everybody, and then removes it or has it started
 * again where its spec says so.
 */
export async function containerEnded(context: ContainerContext, container: ManagedContainer, ending: Ending): Promise<void> {
  const { record } = container
  await release(context, container)
  container.live = undefined
  const restart = nextRestart(container, ending)
  const problem = container.note({
    network: disconnected(record.network.mode),
    state: {
      ...record.state,
      status: restart === undefined ? (ending.lost === undefined ? 'exited' : 'dead') : 'restarting',
      error: ending.lost ?? '',
      pid: 0,
      exitCode: ending.exitCode,
      oomKilled: ending.oomKilled,
      finishedAt: timeTextOf(ending.exitedAtNs),
    },
  })
  if (problem !== undefined) context.log(`cannot record the end of ${container.id}: ${String(problem)}`)
  const startedAtNs = parseTimeText(record.state.startedAt) ?? ending.exitedAtNs
  const seconds = String(Math.max(0, Math.round(Number(ending.exitedAtNs - startedAtNs) / 1e9)))
  emitNetworkEvent(context, record, 'disconnect')
  if (ending.oomKilled) emitContainerEvent(context.events, record, 'oom')
  emitContainerEvent(context.events, record, 'die', { exitCode: String(ending.exitCode), execDuration: seconds })
  container.tellExited()
  if (restart !== undefined) scheduleRestart(context, container, restart)
  else if (record.spec.autoRemove) await container.queue.run(() => removeEnded(context, container))
}

/** Unless somebody removed it, or started it again, while this waited in the queue. */
async function removeEnded(context: ContainerContext, container: ManagedContainer): Promise<void> {
  if (context.table.find(container.id) !== container || container.isUp) return
  await removeContainer(context, container, { volumes: true, force: false })
}

/**
 * Gives back what a running container had. Its cgroup and published ports are free before anybody is told of the end;
 * an endpoint without ports is released meanwhile, and the next start waits for that.
 */
async function release(context: ContainerContext, container: ManagedContainer): Promise<void> {
  const { network } = container.record
  const report = (error: unknown): void => context.log(`cannot clean up after ${container.id}: ${String(error)}`)
  const disconnecting = disconnectContainer(context, container.record).catch(report)
  container.disconnecting = disconnecting
  context.background.add(disconnecting)
  await Promise.all([
    context.runtime.delete(container.id, { force: true }).catch(report),
    network.ports.length > 0 ? disconnecting : undefined,
  ])
  if (network.ipAddress !== '') setImmediate(() => tellPeers(context))
}
