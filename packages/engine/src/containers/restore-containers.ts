import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readExitRecord } from '@ct/native'
import { EngineError } from '../errors.ts'
import { ZERO_TIME } from '../store/time-text.ts'
import type { ContainerContext } from './container-context.ts'
import { containerPaths, socketDirectory, socketPath } from './container-paths.ts'
import { ManagedContainer } from './managed-container.ts'
import { discard, removeContainer } from './remove-container.ts'
import { scheduleRestart } from './restart-policy.ts'
import { lostEnding, watchExit } from './watch-exit.ts'

/** Reads the records of all containers, and gives those that could not be read as errors. */
export function loadContainers({ records, table }: Pick<ContainerContext, 'records' | 'table'>): EngineError[] {
  const { records: found, errors } = records.load()
  for (const record of found) {
    try {
      table.reserve(record.name, record.id)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      errors.push(
        new EngineError('ENGINE_BAD_RECORD', `container ${record.id} has the name of another one: ${record.name}`, {
          kind: 'corrupt',
          cause: error,
        }),
      )
      continue
    }
    table.add(new ManagedContainer(record, records))
  }
  return errors
}

/**
 * Takes every container up where the last engine left it: a running one is watched again, one that ended meanwhile gets
 * its exit from the supervisor's record, an interrupted removal is finished. Then what belongs to no container is removed.
 */
export async function restoreContainers(context: ContainerContext): Promise<void> {
  await removeStrangers(context)
  await Promise.all(
    [...context.table].map((container) =>
      restoreContainer(context, container).catch((error: unknown) =>
        context.log(`cannot restore container ${container.id}: ${String(error)}`),
      ),
    ),
  )
  await restoreNetwork(context)
}

async function restoreContainer(context: ContainerContext, container: ManagedContainer): Promise<void> {
  const { status } = container.record.state
  if (status === 'removing') {
    await context.runtime.delete(container.id, { force: true })
    await discard(context, container)
    context.table.delete(container)
  } else if (container.isUp) await resume(context, container)
  else if (status === 'restarting') scheduleRestart(context, container, 0)
  else {
    // A start that was interrupted may have left a process behind.
    await context.runtime.delete(container.id, { force: true })
    const wasUsed = container.record.state.startedAt !== ZERO_TIME
    if (wasUsed && container.record.spec.autoRemove) await removeContainer(context, container, { force: true, volumes: true })
    else if (wasUsed && restartsWithEngine(container)) {
      container.setState({ status: 'restarting' })
      scheduleRestart(context, container, 0)
    }
  }
}

async function resume(context: ContainerContext, container: ManagedContainer): Promise<void> {
  const loaded = await context.runtime.load(container.id)
  const recorded = await readExitRecord(containerPaths(container.directory).exit)
  if (recorded !== undefined) return context.onEnded(container, recorded)
  if (loaded === undefined) return context.onEnded(container, lostEnding('nothing is left of it, as after a restart of the machine', 255))
  const { pid, supervisor } = loaded
  const exit = supervisor.wait({ signal: context.closed })
  exit.catch(() => undefined)
  container.live = { pid, supervisor, exit }
  watchExit(context, container)
}

function restartsWithEngine({ record }: ManagedContainer): boolean {
  const { name } = record.spec.restartPolicy
  return name === 'always' || (name === 'unless-stopped' && !record.manuallyStopped)
}

/** Removes processes, read/write layers and sockets of containers that are no more; a directory with an unreadable record keeps its own. */
async function removeStrangers({ records, runtime, snapshotter, table, runtimeDirectory, log }: ContainerContext): Promise<void> {
  const known = new Set(readdirSync(records.path))
  for (const { id } of await runtime.list()) if (!known.has(id)) await runtime.delete(id, { force: true })
  for await (const { key, kind } of snapshotter.list()) {
    if (kind === 'committed' || known.has(key) || !/^[0-9a-f]{64}$/.test(key)) continue
    log(`removing the read/write layer of a container that is gone: ${key}`)
    await snapshotter.remove(key)
  }
  if ([...table].some(({ isUp }) => isUp)) return
  for (const name of readdirSync(socketDirectory(runtimeDirectory))) {
    const isKnown = [...known].some((id) => socketPath(runtimeDirectory, id).endsWith(name))
    if (!isKnown) rmSync(join(socketDirectory(runtimeDirectory), name), { force: true })
  }
}

async function restoreNetwork({ bridge, table }: ContainerContext): Promise<void> {
  const live = [...table].filter(({ isUp, record }) => isUp && record.network.mode === 'bridge').map(({ id }) => id)
  if (live.length > 0 || bridge.hasState) await bridge.restore(live)
}
