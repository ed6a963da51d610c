import { EngineError, withDiskFull } from '../errors.ts'
import type { UsableImage } from '../images/image-service.ts'
import { containerCapabilities } from '../spec/container-capabilities.ts'
import { sharedContainer } from '../spec/container-namespaces.ts'
import { randomId } from '../store/random-id.ts'
import { nowText, ZERO_TIME } from '../store/time-text.ts'
import { fillNewVolumes } from '../volumes/fill-new-volumes.ts'
import type { ContainerContext } from './container-context.ts'
import { emitContainerEvent } from './container-events.ts'
import { checkContainerName, inventName } from './container-name.ts'
import { containerPaths } from './container-paths.ts'
import type { ContainerMount, ContainerRecord, ContainerState, ResolvedContainerSpec } from './container-record.ts'
import type { ContainerSpec } from './container-spec.ts'
import { disconnected } from './disconnected.ts'
import { ManagedContainer } from './managed-container.ts'
import { resolveMounts } from './resolve-mounts.ts'
import { resolveSpec } from './resolve-spec.ts'

const CREATED: ContainerState = {
  status: 'created',
  pid: 0,
  exitCode: 0,
  oomKilled: false,
  error: '',
  startedAt: ZERO_TIME,
  finishedAt: ZERO_TIME,
}

/** Makes a container: its record, its read/write layer and its volumes. When a step fails, the ones before it are undone. */
export async function createContainer(context: ContainerContext, asked: ContainerSpec, name?: string): Promise<ContainerRecord> {
  const { table } = context
  const id = randomId()
  const wanted = name === undefined || name === '' ? undefined : checkContainerName(name)
  const own = wanted ?? inventName((taken) => table.isTaken(taken))
  table.reserve(own, id)
  try {
    return await make(context, { id, name: own, asked })
  } catch (error) {
    table.free(own)
    await undo(context, id)
    throw withDiskFull(error)
  }
}

interface NewContainer {
  readonly id: string
  readonly name: string
  readonly asked: ContainerSpec
}

async function make(context: ContainerContext, { id, name, asked }: NewContainer): Promise<ContainerRecord> {
  const usable = await context.images.use(asked.image, asked.platform)
  const spec = resolveSpec(asked, usable.image.config.config ?? {}, id.slice(0, 12))
  checkNetwork(spec.network.mode)
  containerCapabilities(spec.security)
  const parent = usable.record.chainId === '' ? undefined : usable.record.chainId
  const directory = context.records.prepare(id)
  const known = new Set(context.volumes.list().map((volume) => volume.name))
  const mounts = await resolveMounts(spec, { volumes: context.volumes, container: (other) => context.table.get(other).record })
  const made = mounts.filter(({ type, name: volume = '' }) => type === 'volume' && !known.has(volume))
  try {
    await context.snapshotter.prepare(id, parent)
    const empty = made.filter(({ noCopy }) => noCopy !== true)
    await fillNewVolumes(context.snapshotter, id, empty)
    return commit(context, newRecord({ id, name, usable, spec, mounts, directory }))
  } catch (error) {
    for (const { name: volume = '' } of made) context.volumes.remove(context.volumes.get(volume))
    throw error
  }
}

function commit(context: ContainerContext, record: ContainerRecord): ContainerRecord {
  const container = new ManagedContainer(record, context.records)
  container.update({})
  context.table.add(container)
  emitContainerEvent(context.events, record, 'create')
  return record
}

function newRecord(parts: {
  readonly id: string
  readonly name: string
  readonly usable: UsableImage
  readonly spec: ResolvedContainerSpec
  readonly mounts: readonly ContainerMount[]
  readonly directory: string
}): ContainerRecord {
  const { id, name, usable, spec, mounts, directory } = parts
  const paths = containerPaths(directory)
  return {
    version: 1,
    id,
    name,
    createdAt: nowText(),
    image: spec.image,
    imageId: usable.record.id,
    chainId: usable.record.chainId,
    spec,
    state: CREATED,
    restartCount: 0,
    manuallyStopped: false,
    mounts,
    network: disconnected(spec.network.mode),
    logPath: spec.log.driver === 'none' ? '' : paths.log,
    hostsPath: paths.hosts,
    hostnamePath: paths.hostname,
    resolvConfPath: paths.resolvConf,
  }
}

function checkNetwork(mode: string): void {
  if (['bridge', 'host', 'none'].includes(mode) || sharedContainer(mode) !== undefined) return
  throw new EngineError('ENGINE_NO_NETWORK', `network ${mode} not found`, {
    kind: 'not-found',
    hint: 'use bridge, host, none or container:<name>',
  })
}

async function undo({ snapshotter, records }: ContainerContext, id: string): Promise<void> {
  if ((await snapshotter.find(id)) !== undefined) await snapshotter.remove(id)
  records.remove(id)
}
