import type { ContainerContext } from './containers/container-context.ts'
import { ContainerService } from './containers/container-service.ts'
import type { Containers } from './containers/containers.ts'
import type { DiskUsage, Engine, EngineInfo } from './engine.ts'
import { machineInfo } from './engine-info.ts'
import { EngineError } from './errors.ts'
import type { Events } from './events/events.ts'
import type { Images } from './images/images.ts'
import { NetworkService } from './networks/network-service.ts'
import type { Networks } from './networks/networks.ts'
import type { StateLock } from './store/state-lock.ts'
import { VolumeService } from './volumes/volume-service.ts'
import type { Volumes } from './volumes/volumes.ts'

/** What {@link LocalEngine} is put together from. */
export interface LocalEngineParts {
  readonly root: string
  readonly context: ContainerContext
  readonly locks: readonly StateLock[]
  readonly closed: AbortController
  readonly warnings: readonly string[]
}

/** The engine of this process. */
export class LocalEngine implements Engine {
  readonly containers: Containers
  readonly images: Images
  readonly volumes: Volumes
  readonly networks: Networks
  readonly events: Events
  readonly #parts: LocalEngineParts
  #closing: Promise<void> | undefined

  constructor(parts: LocalEngineParts) {
    const { context } = parts
    this.#parts = parts
    this.containers = new ContainerService(context)
    this.images = context.images
    this.volumes = new VolumeService(context.volumes, () => volumeUsers(context))
    this.networks = new NetworkService(context)
    this.events = context.events
  }

  async info(): Promise<EngineInfo> {
    const { root, context, warnings } = this.#parts
    const { id } = context.identity
    const statuses = [...context.table].map(({ record }) => record.state.status)
    const count = (status: string): number => statuses.filter((one) => one === status).length
    const running = count('running')
    const paused = count('paused')
    return {
      id,
      root,
      runtimeDirectory: context.runtimeDirectory,
      storageDriver: 'overlay',
      containers: { total: statuses.length, running, paused, stopped: statuses.length - running - paused },
      images: (await this.images.ids()).length,
      ...machineInfo(),
      warnings,
    }
  }

  async diskUsage(): Promise<DiskUsage> {
    const { context } = this.#parts
    const images = await this.images.list()
    const users = volumeUsers(context)
    const containers = await Promise.all(
      [...context.table].map(async ({ id }) => ({ id, rwBytes: (await context.snapshotter.usage(id)).sizeBytes })),
    )
    const volumes = await Promise.all(
      this.volumes
        .list()
        .map(async ({ name }) => ({ name, sizeBytes: await this.volumes.size(name), containers: users.get(name)?.length ?? 0 })),
    )
    return {
      layersBytes: await layersBytes(context),
      images: images.map(({ id, sizeBytes, containers: count }) => ({ id, sizeBytes, containers: count })),
      containers,
      volumes,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const { context, closed, locks } = this.#parts
    const reason = new EngineError('ENGINE_CLOSED', 'the engine is closed', { kind: 'unavailable' })
    closed.abort(reason)
    const containers = [...context.table]
    for (const container of containers) {
      clearTimeout(container.restartTimer)
      container.tellClosed(reason)
    }
    await context.background.settled()
    await Promise.all(containers.map(({ queue }) => queue.idle()))
    context.events.close()
    if (context.bridge.isOpen && !containers.some(({ isUp, record }) => isUp && record.network.mode === 'bridge')) {
      await context.bridge.destroy().catch((error: unknown) => context.log(`cannot remove the bridge: ${String(error)}`))
    }
    for (const lock of locks) lock.release()
  }
}

/** Bytes of all layers of images. */
async function layersBytes({ snapshotter }: ContainerContext): Promise<number> {
  let sum = 0
  for await (const { key, kind } of snapshotter.list()) if (kind === 'committed') sum += (await snapshotter.usage(key)).sizeBytes
  return sum
}

function volumeUsers({ table }: ContainerContext): Map<string, string[]> {
  const users = new Map<string, string[]>()
  for (const { id, record } of table) {
    for (const { name } of record.mounts) if (name !== undefined) users.set(name, [...(users.get(name) ?? []), id])
  }
  return users
}
