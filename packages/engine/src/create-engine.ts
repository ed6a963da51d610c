import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
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
import { EngineError, invalid } from './errors.ts'
import { EventBus } from './events/event-bus.ts'
import { ImageCatalog } from './images/image-catalog.ts'
import { ImageGarbage } from './images/image-garbage.ts'
import { ImageService } from './images/image-service.ts'
import type { ImageUsage } from './images/image-usage.ts'
import { LocalEngine } from './local-engine.ts'
import { BridgeNetwork } from './networks/bridge-network.ts'
import { ImageUsers } from './spec/image-users.ts'
import { writeJsonFile } from './store/json-file.ts'
import { RecordDirectory } from './store/record-directory.ts'
import { StateLock } from './store/state-lock.ts'
import { nowText } from './store/time-text.ts'
import { VolumeStore } from './volumes/volume-store.ts'

/** Who a state directory belongs to; the content of `engine.json`. */
interface EngineIdentity {
  readonly version: 1
  readonly id: string
  readonly createdAt: string
}

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
  const lock = StateLock.acquire(root)
  try {
    const engine = await openEngine({ ...options, root, runtimeDirectory }, lock)
    options.signal?.addEventListener('abort', () => void engine.close(), { once: true })
    return engine
  } catch (error) {
    lock.release()
    throw error
  }
}

async function openEngine(options: EngineOptions, lock: StateLock): Promise<LocalEngine> {
  const { root, runtimeDirectory, onLog: log = () => undefined } = options
  const closed = new AbortController()
  const events = new EventBus()
  const table = new ContainerTable()
  const records = containerRecords(root)
  const warnings = loadContainers({ records, table })
  const [store, snapshotter] = await Promise.all([ContentStore.open(root), OverlaySnapshotter.open({ root })])
  const catalog = new ImageCatalog(store, join(root, 'images'))
  await catalog.open()
  const usage = imageUsage(table)
  const garbage = new ImageGarbage(catalog, snapshotter, usage)
  const context: ContainerContext = {
    runtimeDirectory,
    records,
    table,
    images: new ImageService({ catalog, snapshotter, garbage, usage, events }),
    snapshotter,
    runtime: createRuntime({ stateDirectory: join(runtimeDirectory, 'containers') }),
    bridge: new BridgeNetwork(root),
    volumes: new VolumeStore(join(root, 'volumes'), events),
    users: new ImageUsers(),
    events,
    closed: closed.signal,
    onEnded: (container, ending) => containerEnded(context, container, ending),
    log,
  }
  warnings.push(...catalog.errors, ...context.volumes.errors)
  for (const warning of warnings) log(warning.message)
  await restoreContainers(context)
  return new LocalEngine({ ...readIdentity(root), root, context, lock, closed, warnings: warnings.map(({ message }) => message) })
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

function readIdentity(root: string): EngineIdentity {
  const path = join(root, 'engine.json')
  if (existsSync(path)) {
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as EngineIdentity
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      throw new EngineError('ENGINE_BAD_RECORD', `${path} cannot be read: ${error.message}`, {
        kind: 'corrupt',
        hint: 'remove it; a new one is made',
        cause: error,
      })
    }
  }
  const identity: EngineIdentity = { version: 1, id: crypto.randomUUID(), createdAt: nowText() }
  writeJsonFile(path, identity)
  return identity
}
