import { setMaxListeners } from 'node:events'
import { mkdirSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ContentStore } from '@ct/image'
import { OverlaySnapshotter } from '@ct/layerfs'
import { createRuntime } from '@ct/runtime-linux'
import type { ContainerContext } from './containers/container-context.ts'
import { containerEnded } from './containers/container-ended.ts'
import { hasRoomForSockets, socketDirectory } from './containers/container-paths.ts'
import type { ContainerRecord } from './containers/container-record.ts'
import { ContainerTable } from './containers/container-table.ts'
import { loadContainers, restoreContainers } from './containers/restore-containers.ts'
import type { Engine, EngineOptions } from './engine.ts'
import { invalid } from './errors.ts'
import { EventBus } from './events/event-bus.ts'
import { ImageCatalog } from './images/image-catalog.ts'
import { ImageGarbage } from './images/image-garbage.ts'
import { ImageService } from './images/image-service.ts'
import type { ImageUsage } from './images/image-usage.ts'
import { LocalEngine } from './local-engine.ts'
import { BridgeNetwork } from './networks/bridge-network.ts'
import { ImageUsers } from './spec/image-users.ts'
import { BackgroundTasks } from './store/background-tasks.ts'
import { claimDirectories, runtimeStateDirectory } from './store/engine-identity.ts'
import { RecordDirectory } from './store/record-directory.ts'
import { StateLock } from './store/state-lock.ts'
import { VolumeStore } from './volumes/volume-store.ts'

/**
 * Opens an engine on its state directory and takes every container up that is there. `ENGINE_LOCKED` (conflict) when
 * another process has the directory; a record that cannot be read is a warning in `info()`, never an error here.
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  options.signal?.throwIfAborted()
  const runtimeDirectory = resolve(options.runtimeDirectory)
  if (!hasRoomForSockets(runtimeDirectory)) {
    throw invalid(`the runtime directory ${runtimeDirectory} is too long for sockets in it`, 'choose one of at most 80 characters')
  }
  mkdirSync(options.root, { recursive: true, mode: 0o711 })
  mkdirSync(socketDirectory(runtimeDirectory), { recursive: true, mode: 0o700 })
  const root = realpathSync(options.root)
  const locks = lockDirectories(root, runtimeDirectory)
  try {
    const engine = await openEngine({ ...options, root, runtimeDirectory }, locks)
    options.signal?.addEventListener('abort', () => void engine.close(), { once: true })
    return engine
  } catch (error) {
    for (const lock of locks) lock.release()
    throw error
  }
}

/** Both are locked: each of them alone would let another engine take this one's containers for strangers. */
function lockDirectories(root: string, runtimeDirectory: string): readonly StateLock[] {
  const lock = StateLock.acquire(root)
  try {
    return [lock, StateLock.acquire(runtimeDirectory)]
  } catch (error) {
    lock.release()
    throw error
  }
}

async function openEngine(options: EngineOptions, locks: readonly StateLock[]): Promise<LocalEngine> {
  const { root, runtimeDirectory, onLog: log = () => undefined } = options
  const identity = claimDirectories(root, runtimeDirectory)
  const closed = new AbortController()
  // Every container that runs listens.
  setMaxListeners(0, closed.signal)
  const events = new EventBus()
  const table = new ContainerTable()
  const records = containerRecords(root)
  const warnings = loadContainers({ records, table })
  const [store, snapshotter] = await Promise.all([ContentStore.open(root), OverlaySnapshotter.open({ root })])
  const catalog = new ImageCatalog(store, join(root, 'images'))
  await catalog.open()
  const usage = imageUsage(table)
  const garbage = new ImageGarbage(catalog, { snapshotter, usage, log })
  const context: ContainerContext = {
    identity,
    runtimeDirectory,
    records,
    table,
    images: new ImageService({ catalog, snapshotter, garbage, usage, events }),
    snapshotter,
    runtime: createRuntime({ stateDirectory: runtimeStateDirectory(runtimeDirectory) }),
    bridge: new BridgeNetwork(root),
    volumes: new VolumeStore(join(root, 'volumes'), events),
    users: new ImageUsers(),
    events,
    background: new BackgroundTasks(),
    closed: closed.signal,
    onEnded: (container, ending) => containerEnded(context, container, ending),
    log,
  }
  warnings.push(...catalog.errors, ...context.volumes.errors)
  for (const warning of warnings) log(warning.message)
  await restoreContainers(context)
  return new LocalEngine({ root, context, locks, closed, warnings: warnings.map(({ message }) => message) })
}

function containerRecords(root: string): RecordDirectory<ContainerRecord> {
  return new RecordDirectory(join(root, 'containers'), {
    file: 'record.json',
    missing: 'remove',
    check: ({ id, name, spec, state, mounts, network }, directory) => {
      if (id !== directory) return `its id is ${String(id)}`
      const isWhole = typeof name === 'string' && [spec, state, mounts, network].every((part) => typeof part === 'object' && part !== null)
      return isWhole ? undefined : 'parts of it are missing'
    },
  })
}

function imageUsage(table: ContainerTable): ImageUsage {
  return {
    users: () =>
      [...table].map(({ id, isUp, record }) => ({ containerId: id, imageId: record.imageId, chainId: record.chainId, isRunning: isUp })),
  }
}
