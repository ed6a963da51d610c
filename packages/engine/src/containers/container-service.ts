import type { Duplex } from 'node:stream'
import { type Change, exportTree } from '@ct/layerfs'
import { signalNumber } from '@ct/runtime-linux'
import { EngineError, invalid } from '../errors.ts'
import type { LogLine, LogOptions } from '../logs/log-line.ts'
import { readLog } from '../logs/read-log.ts'
import { tellPeers } from '../networks/connect-container.ts'
import { processTable } from '../processes/process-table.ts'
import { attachContainer } from './attach-container.ts'
import { containerChanges } from './container-changes.ts'
import type { ContainerContext } from './container-context.ts'
import { emitContainerEvent } from './container-events.ts'
import { matchesContainer } from './container-filter.ts'
import { checkContainerName } from './container-name.ts'
import type { ContainerRecord } from './container-record.ts'
import type { ContainerSpec } from './container-spec.ts'
import type { ContainerStats, ProcessTable } from './container-stats.ts'
import { readContainerStats } from './container-stats-reader.ts'
import type {
  AttachOptions,
  ContainerExit,
  ContainerFilters,
  Containers,
  ListContainersOptions,
  PrunedContainers,
  StopOptions,
  TerminalSize,
  WaitCondition,
} from './containers.ts'
import { createContainer } from './create-container.ts'
import type { ExecRecord, ExecSpec, StartExecOptions } from './exec-record.ts'
import { ExecService } from './exec-service.ts'
import type { ManagedContainer } from './managed-container.ts'
import { type RemoveOptions, removeContainer } from './remove-container.ts'
import { cancelRestart } from './restart-policy.ts'
import { startContainer } from './start-container.ts'
import { killContainer, stopContainer } from './stop-container.ts'

/** The containers of an engine: looks them up, queues what changes one, and leaves each operation to its own file. */
export class ContainerService implements Containers {
  readonly #context: ContainerContext
  readonly #execs: ExecService

  constructor(context: ContainerContext) {
    this.#context = context
    this.#execs = new ExecService(context)
  }

  async create(spec: ContainerSpec, { name }: { readonly name?: string | undefined } = {}): Promise<ContainerRecord> {
    this.#checkOpen()
    return createContainer(this.#context, spec, name)
  }

  get(id: string): ContainerRecord {
    return this.#managed(id).record
  }

  find(id: string): ContainerRecord | undefined {
    return this.#context.table.find(id)?.record
  }

  list({ all = false, filters = {} }: ListContainersOptions = {}): ContainerRecord[] {
    const facts = {
      ancestors: this.#ancestors(filters.ancestor),
      before: this.#created(filters.before),
      since: this.#created(filters.since),
    }
    const isAll = all || filters.status !== undefined || filters.exited !== undefined
    return [...this.#context.table]
      .filter((container) => isAll || container.isUp || container.record.state.status === 'restarting')
      .map(({ record }) => record)
      .filter((record) => matchesContainer(record, filters, facts))
      .sort((a, b) => (a.createdAt > b.createdAt ? -1 : 1))
  }

  async start(id: string): Promise<void> {
    await this.#queued(id, async (container) => {
      const { status } = container.record.state
      if (status === 'paused') throw paused(container, 'cannot start a paused container, try unpause instead')
      if (status === 'running')
        throw new EngineError('ENGINE_ALREADY_RUNNING', `container ${container.id} is already running`, { kind: 'not-modified' })
      cancelRestart(container)
      container.restartDelayMs = 0
      await this.#start(container)
    })
  }

  async stop(id: string, options: StopOptions = {}): Promise<void> {
    await this.#queued(id, (container) => stopContainer(this.#context, container, options))
  }

  async restart(id: string, options: StopOptions = {}): Promise<void> {
    await this.#queued(id, async (container) => {
      if (container.isUp) await stopContainer(this.#context, container, options)
      cancelRestart(container)
      await this.#start(container)
      emitContainerEvent(this.#context.events, container.record, 'restart')
    })
  }

  async kill(id: string, signal = 'SIGKILL'): Promise<void> {
    this.#checkOpen()
    // Not queued: it must reach a container that another call is waiting to stop.
    await killContainer(this.#context, this.#managed(id), signalNumber(signal))
  }

  async pause(id: string): Promise<void> {
    await this.#queued(id, async (container) => {
      const { status } = container.record.state
      if (status === 'paused')
        throw new EngineError('ENGINE_ALREADY_PAUSED', `Container ${container.id} is already paused`, { kind: 'conflict' })
      if (status !== 'running') throw notRunning(container)
      await this.#context.runtime.pause(container.id)
      container.setState({ status: 'paused' })
      emitContainerEvent(this.#context.events, container.record, 'pause')
    })
  }

  async unpause(id: string): Promise<void> {
    await this.#queued(id, async (container) => {
      if (container.record.state.status !== 'paused') {
        throw new EngineError('ENGINE_NOT_PAUSED', `Container ${container.id} is not paused`, { kind: 'conflict' })
      }
      await this.#context.runtime.resume(container.id)
      container.setState({ status: 'running' })
      emitContainerEvent(this.#context.events, container.record, 'unpause')
    })
  }

  async remove(id: string, { force = false, volumes = false }: Partial<RemoveOptions> = {}): Promise<void> {
    await this.#queued(id, (container) => removeContainer(this.#context, container, { force, volumes }))
  }

  async rename(id: string, name: string): Promise<void> {
    await this.#queued(id, async (container) => {
      const { name: before } = container.record
      const next = checkContainerName(name)
      if (next === before) throw invalid('Renaming a container with the same name as its current name')
      this.#context.table.reserve(next, container.id)
      container.update({ name: next })
      this.#context.table.free(before)
      emitContainerEvent(this.#context.events, container.record, 'rename', { oldName: `/${before}` })
      tellPeers(this.#context)
    })
  }

  async prune({ filters = {} }: { readonly filters?: ContainerFilters | undefined } = {}): Promise<PrunedContainers> {
    const removed: string[] = []
    let freedBytes = 0
    for (const { id, state } of this.list({ all: true, filters })) {
      if (!['created', 'exited', 'dead'].includes(state.status)) continue
      const { rwBytes } = await this.size(id)
      await this.remove(id)
      removed.push(id)
      freedBytes += rwBytes
    }
    return { removed, freedBytes }
  }

  async wait(
    id: string,
    {
      condition = 'not-running',
      signal,
    }: { readonly condition?: WaitCondition | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ContainerExit> {
    const container = this.#managed(id)
    signal?.throwIfAborted()
    if (condition === 'removed') return container.removal(signal)
    if (condition === 'next-exit' || container.isUp) return container.nextExit(signal)
    return container.lastExit()
  }

  async attach(id: string, options: AttachOptions = {}): Promise<Duplex> {
    this.#checkOpen()
    const container = this.#managed(id)
    const stream = await attachContainer(container, options)
    emitContainerEvent(this.#context.events, container.record, 'attach')
    return stream
  }

  async resize(id: string, size: TerminalSize): Promise<void> {
    const container = this.#managed(id)
    if (container.live === undefined) throw notRunning(container)
    await container.live.supervisor.resize(size)
    emitContainerEvent(this.#context.events, container.record, 'resize', { height: String(size.rows), width: String(size.columns) })
  }

  async *logs(id: string, options: LogOptions = {}): AsyncGenerator<LogLine> {
    const container = this.#managed(id)
    const { logPath } = container.record
    if (logPath === '') {
      throw new EngineError('ENGINE_UNSUPPORTED', 'configured logging driver does not support reading', { kind: 'unsupported' })
    }
    const { closed } = this.#context
    const isLive = (): boolean => !closed.aborted && (container.isUp || container.record.state.status === 'restarting')
    yield* readLog(logPath, { isLive, onEnd: (listener) => container.onEnd(listener) }, options)
  }

  async top(id: string, psArgs?: string): Promise<ProcessTable> {
    const container = this.#managed(id)
    if (!container.isUp) throw notRunning(container)
    return processTable(await this.#context.runtime.pids(container.id), psArgs)
  }

  async stats(id: string): Promise<ContainerStats> {
    const container = this.#managed(id)
    if (!container.isUp) throw notRunning(container)
    return readContainerStats(this.#context, container.record)
  }

  async changes(id: string): Promise<readonly Change[]> {
    const { upper, lowers } = await this.directories(id)
    return containerChanges(upper, lowers)
  }

  async *export(id: string): AsyncGenerator<Uint8Array> {
    const { upper, lowers: layers } = await this.directories(id)
    // Read-only over the upper directory as one more layer, as the container's own mount may be using it.
    const lowers = [upper, ...layers]
    const [only] = lowers
    const mount =
      lowers.length > 1
        ? { type: 'overlay', source: 'overlay', options: ['ro', `lowerdir=${lowers.join(':')}`] }
        : { type: 'bind', source: only ?? upper, options: ['rbind', 'ro'] }
    yield* exportTree({ mounts: [mount] })
  }

  async directories(id: string): Promise<{ readonly upper: string; readonly lowers: readonly string[] }> {
    const { snapshotter } = this.#context
    const { record } = this.#managed(id)
    const [upper, lowers] = await Promise.all([snapshotter.upperDirectory(record.id), snapshotter.layerDirectories(record.id)])
    return { upper, lowers }
  }

  async size(id: string): Promise<{ readonly rwBytes: number; readonly rootFsBytes: number }> {
    const { record } = this.#managed(id)
    const { images, snapshotter } = this.#context
    const { sizeBytes: rwBytes } = await snapshotter.usage(record.id)
    return { rwBytes, rootFsBytes: rwBytes + (images.sizeOf(record.imageId) ?? 0) }
  }

  async createExec(id: string, spec: ExecSpec): Promise<ExecRecord> {
    this.#checkOpen()
    return this.#execs.create(this.#managed(id), spec)
  }

  async startExec(execId: string, options: StartExecOptions = {}): Promise<Duplex | undefined> {
    this.#checkOpen()
    return this.#execs.start(execId, options)
  }

  getExec(execId: string): ExecRecord {
    return this.#execs.get(execId)
  }

  async resizeExec(execId: string, size: TerminalSize): Promise<void> {
    await this.#execs.resize(execId, size)
  }

  listExecs(id: string): readonly string[] {
    return this.#execs.list(this.#managed(id).id)
  }

  async #start(container: ManagedContainer): Promise<void> {
    try {
      await startContainer(this.#context, container)
    } catch (error) {
      if (container.record.spec.autoRemove) await removeContainer(this.#context, container, { force: true, volumes: true })
      throw error
    }
  }

  #queued(id: string, task: (container: ManagedContainer) => Promise<void>): Promise<void> {
    this.#checkOpen()
    const container = this.#managed(id)
    return container.queue.run(async () => {
      // It may have been removed while this waited.
      if (this.#context.table.find(container.id) !== container) throw noContainer(id)
      await task(container)
    })
  }

  #managed(id: string): ManagedContainer {
    return this.#context.table.get(id)
  }

  #ancestors(asked: readonly string[] = []): ReadonlySet<string> {
    const matches = ({ image, imageId }: ContainerRecord): boolean =>
      asked.some(
        (text) => image === text || image === `${text}:latest` || imageId === text || imageId.replace('sha256:', '').startsWith(text),
      )
    return new Set(
      [...this.#context.table]
        .map(({ record }) => record)
        .filter(matches)
        .map(({ imageId }) => imageId),
    )
  }

  #created(ids: readonly string[] | undefined): string | undefined {
    const first = ids?.[0]
    return first === undefined ? undefined : this.get(first).createdAt
  }

  #checkOpen(): void {
    if (this.#context.closed.aborted) throw new EngineError('ENGINE_CLOSED', 'the engine is closed', { kind: 'unavailable' })
  }
}

function notRunning({ id }: ManagedContainer): EngineError {
  return new EngineError('ENGINE_NOT_RUNNING', `container ${id} is not running`, { kind: 'conflict' })
}

function noContainer(id: string): EngineError {
  return new EngineError('ENGINE_NO_CONTAINER', `No such container: ${id}`, { kind: 'not-found' })
}

function paused({ id }: ManagedContainer, advice: string): EngineError {
  return new EngineError('ENGINE_PAUSED', `container ${id} is paused: ${advice}`, { kind: 'conflict' })
}
