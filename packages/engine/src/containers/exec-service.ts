import { rm } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { readExitRecord, type Supervisor } from '@ct/native'
import type { Process } from '@ct/runtime-linux'
import { EngineError, invalid } from '../errors.ts'
import { containerCapabilities } from '../spec/container-capabilities.ts'
import { containerEnv, processCapabilities, userInRoot } from '../spec/container-process.ts'
import { randomId } from '../store/random-id.ts'
import type { ContainerContext } from './container-context.ts'
import { emitContainerEvent } from './container-events.ts'
import { socketPath } from './container-paths.ts'
import type { TerminalSize } from './containers.ts'
import { DeferredStream } from './deferred-stream.ts'
import type { ExecRecord, ExecSpec, StartExecOptions } from './exec-record.ts'
import type { ManagedContainer } from './managed-container.ts'
import { mergeEnv } from './resolve-spec.ts'
import { exitCodeOf, startFailure } from './start-failure.ts'

/** How long an exec that ended is remembered. */
const REMEMBERED_MS = 300_000

interface Exec {
  record: ExecRecord
  endedAtMs?: number
  isStarted: boolean
  supervisor?: Supervisor
}

/** Further programs in running containers. */
export class ExecService {
  readonly #context: ContainerContext
  readonly #byId = new Map<string, Exec>()

  constructor(context: ContainerContext) {
    this.#context = context
  }

  create(container: ManagedContainer, spec: ExecSpec): ExecRecord {
    if (spec.args.length === 0 || spec.args[0] === '') throw invalid('No exec command specified')
    checkRunning(container)
    this.#sweep()
    const record: ExecRecord = { id: randomId(), containerId: container.id, spec, running: false, exitCode: null, pid: 0 }
    this.#byId.set(record.id, { record, isStarted: false })
    emitContainerEvent(this.#context.events, container.record, `exec_create: ${spec.args.join(' ')}`, { execID: record.id })
    return record
  }

  get(execId: string): ExecRecord {
    return this.#exec(execId).record
  }

  /** Those of a container that have not ended. */
  list(containerId: string): string[] {
    return [...this.#byId.values()]
      .filter(({ record }) => record.containerId === containerId && record.exitCode === null)
      .map(({ record }) => record.id)
  }

  async resize(execId: string, size: TerminalSize): Promise<void> {
    const { supervisor, record } = this.#exec(execId)
    if (supervisor === undefined || record.exitCode !== null)
      throw new EngineError('ENGINE_NOT_RUNNING', `exec ${execId} is not running`, { kind: 'conflict' })
    await supervisor.resize(size)
  }

  async start(execId: string, options: StartExecOptions = {}): Promise<Duplex | undefined> {
    const exec = this.#exec(execId)
    const container = this.#context.table.get(exec.record.containerId)
    if (exec.isStarted) {
      throw new EngineError('ENGINE_EXEC_STARTED', `exec command ${execId} has already run`, { kind: 'conflict' })
    }
    checkRunning(container)
    exec.isStarted = true
    try {
      return await this.#launch(exec, container, options)
    } catch (error) {
      throw this.#failed(exec, container, error)
    }
  }

  async #launch(exec: Exec, container: ManagedContainer, { detach = false, rows, columns }: StartExecOptions): Promise<Duplex | undefined> {
    const { runtime, runtimeDirectory, events, log } = this.#context
    const { id, spec } = exec.record
    const socket = socketPath(runtimeDirectory, id)
    const exitPath = `${socket}.exit`
    const process = await this.#process(container, spec, { rows: rows ?? 24, columns: columns ?? 80 })
    const supervisor = await runtime.exec(container.id, process, {
      socketPath: socket,
      exitPath,
      stdin: spec.attachStdin ?? false,
      hold: !detach,
    })
    exec.supervisor = supervisor
    const stream = detach ? undefined : new DeferredStream()
    const ended = this.#ended(exec, container, exitPath).catch((error: unknown) =>
      log(`cannot clean up after exec ${id}: ${String(error)}`),
    )
    if (stream !== undefined) {
      const { attachStdin: stdin = false, attachStdout: stdout = true, attachStderr: stderr = true } = spec
      stream.connect(await supervisor.attach({ stdin, stdout, stderr }), { beforeEnd: ended })
      await supervisor.start()
    }
    exec.record = { ...exec.record, running: exec.record.exitCode === null, pid: supervisor.pid }
    emitContainerEvent(events, container.record, `exec_start: ${spec.args.join(' ')}`, { execID: id })
    return stream
  }

  async #ended(exec: Exec, container: ManagedContainer, exitPath: string): Promise<void> {
    const { events, closed } = this.#context
    const exit = await exec.supervisor?.wait({ signal: closed }).catch(() => readExitRecord(exitPath))
    // A program that still runs keeps its socket: the next engine's containers end with it.
    if (closed.aborted) return
    await Promise.all([rm(exitPath, { force: true }), rm(socketPath(this.#context.runtimeDirectory, exec.record.id), { force: true })])
    if (exec.record.exitCode !== null) return
    exec.record = { ...exec.record, running: false, exitCode: exit?.exitCode ?? 137 }
    exec.endedAtMs = Date.now()
    const { id } = exec.record
    emitContainerEvent(events, container.record, 'exec_die', { execID: id, exitCode: String(exec.record.exitCode) })
  }

  async #process(container: ManagedContainer, exec: ExecSpec, { rows, columns }: TerminalSize): Promise<Process> {
    const { spec } = container.record
    const mounts = await this.#context.snapshotter.mounts(container.id)
    const user = await userInRoot(exec.user || spec.user, mounts, exec.user ? [] : spec.groupAdd)
    const env = mergeEnv(containerEnv(spec, user.home), [...(exec.tty === true ? ['TERM=xterm'] : []), ...(exec.env ?? [])])
    const names = containerCapabilities(exec.privileged === true ? { privileged: true } : spec.security)
    return {
      terminal: exec.tty ?? false,
      consoleSize: { height: rows, width: columns },
      user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
      args: exec.args,
      env,
      cwd: exec.workingDirectory || spec.workingDirectory || '/',
      capabilities: processCapabilities(names, user.uid),
      noNewPrivileges: spec.security.noNewPrivileges ?? false,
    }
  }

  #failed(exec: Exec, container: ManagedContainer, error: unknown): Error {
    const failure = startFailure(error, { what: 'OCI runtime exec failed', program: exec.record.spec.args[0] ?? '' })
    const exitCode = exitCodeOf(failure.message)
    exec.record = { ...exec.record, running: false, exitCode }
    exec.endedAtMs = Date.now()
    emitContainerEvent(this.#context.events, container.record, 'exec_die', { execID: exec.record.id, exitCode: String(exitCode) })
    return failure
  }

  /** Forgets those that ended long ago, and those of containers that are no more. */
  #sweep(): void {
    const { table } = this.#context
    for (const [id, { record, endedAtMs = Number.POSITIVE_INFINITY }] of this.#byId) {
      if (endedAtMs + REMEMBERED_MS < Date.now() || table.find(record.containerId) === undefined) this.#byId.delete(id)
    }
  }

  #exec(execId: string): Exec {
    const exec = this.#byId.get(execId)
    if (exec === undefined) throw new EngineError('ENGINE_NO_EXEC', `No such exec instance: ${execId}`, { kind: 'not-found' })
    return exec
  }
}

function checkRunning({ record, isUp }: ManagedContainer): void {
  if (record.state.status === 'paused') {
    throw new EngineError('ENGINE_PAUSED', `container ${record.id} is paused, unpause the container before exec`, { kind: 'conflict' })
  }
  if (!isUp) throw new EngineError('ENGINE_NOT_RUNNING', `container ${record.id} is not running`, { kind: 'conflict' })
}
