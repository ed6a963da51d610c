import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { hasErrno } from '@ct/errors'
import { connectSupervisor, type Supervisor } from '@ct/native'
import { type Cgroup, cgroupPids, openCgroup } from '../cgroups/cgroup.ts'
import { defaultCgroupParent } from '../cgroups/cgroup-parent.ts'
import { freeze, thaw } from '../cgroups/freezer.ts'
import { type CgroupLayout, detectCgroupLayout } from '../cgroups/layout.ts'
import { readStats } from '../cgroups/read-stats.ts'
import { defaultUserBus, enterUserManager, isRootOfSystemd } from '../cgroups/scope-manager.ts'
import { signalCgroup } from '../cgroups/signal-cgroup.ts'
import type { ContainerStats } from '../cgroups/stats.ts'
import { parseScope, type Scope, scopePath } from '../cgroups/systemd-scope.ts'
import { RuntimeError } from '../errors.ts'
import type { Process } from '../spec/process.ts'
import type { LinuxResources } from '../spec/resources.ts'
import { bad } from '../spec/shape.ts'
import type { ContainerStatus, State } from '../spec/state.ts'
import { validateResources } from '../spec/validate-resources.ts'
import { ownerName } from '../users/owner-name.ts'
import type { CommandIo } from './command-io.ts'
import { signalContainer, startContainer } from './control-container.ts'
import { type CreatedContainer, createContainer } from './create-container.ts'
import { deleteContainer } from './delete-container.ts'
import { type ExecProcessOptions, execProcess } from './exec-process.ts'
import { type LoadedBundle, loadBundle } from './load-bundle.ts'
import { type ContainerRecord, readRecord } from './record.ts'
import type { OnWarning } from './run-hooks.ts'
import type {
  Bundle,
  Container,
  ContainerEvent,
  CreateOptions,
  DeleteOptions,
  EventsOptions,
  LinuxRuntime,
  RuntimeOptions,
} from './runtime.ts'
import { sendSignal, signalNumber } from './signals.ts'
import { stateOf } from './state-of.ts'
import { containerStatus, isAlive } from './status.ts'
import { updateContainer } from './update-container.ts'
import { watchContainer } from './watch-container.ts'

/**
 * A runtime that keeps its containers' state in a directory. Any number of programs may use the same directory.
 *
 * All operations but `create`, `run`, `list` and `load` throw RUNTIME_NO_CONTAINER for an unknown id, and
 * RUNTIME_WRONG_STATUS when the container's status does not allow them. `create` and `run` throw RUNTIME_BAD_ID,
 * RUNTIME_ID_IN_USE, RUNTIME_BAD_BUNDLE, RUNTIME_BAD_SPEC, RUNTIME_UNSUPPORTED, RUNTIME_BAD_MOUNT, RUNTIME_CGROUP_FAILED,
 * RUNTIME_SETUP_FAILED and RUNTIME_HOOK_FAILED; `run`, `start` and `exec` also RUNTIME_EXEC_NOT_FOUND, RUNTIME_EXEC_DENIED and RUNTIME_EXEC_FAILED.
 * A container that could not be created leaves nothing behind.
 */
export function createRuntime(options: RuntimeOptions): LinuxRuntime {
  return new DiskRuntime(options)
}

/** What only the command does: its own stdio, descriptors, pid files, no pivot. */
export interface LaunchOptions extends CreateOptions, CommandIo {
  readonly pivot?: boolean | undefined
}

/** What the command prints of a container. */
export interface StateDetails extends State {
  readonly rootfs: string
  readonly created: string
  readonly owner: string
}

/** The implementation of {@link createRuntime}, with what only the command needs. */
export class DiskRuntime implements LinuxRuntime {
  readonly #stateDirectory: string
  readonly #cgroupParent: string | undefined
  readonly #systemdCgroup: boolean
  readonly #userBus: string
  readonly #onWarning: OnWarning | undefined
  #layout: CgroupLayout | undefined

  constructor({ stateDirectory, cgroupParent, systemdCgroup = false, userBus = defaultUserBus(), onWarning }: RuntimeOptions) {
    this.#systemdCgroup = systemdCgroup
    this.#userBus = userBus
    this.#onWarning = onWarning
    this.#stateDirectory = resolve(stateDirectory)
    this.#cgroupParent = cgroupParent?.replace(/^\/+|\/+$/g, '')
  }

  async create(id: string, bundle: Bundle | LoadedBundle | string, options: LaunchOptions = {}): Promise<Container> {
    return this.#container(await this.#launch(id, bundle, { ...options, hold: true }))
  }

  async run(id: string, bundle: Bundle | LoadedBundle | string, options: LaunchOptions = {}): Promise<Container> {
    return this.#container(await this.#launch(id, bundle, { ...options, hold: false }))
  }

  async start(id: string): Promise<void> {
    const record = this.#find(id, ['created'])
    await startContainer(record, { directory: this.#directory(id), cgroup: this.#cgroup(record), onWarning: this.#onWarning })
  }

  async state(id: string): Promise<State> {
    return this.#state(this.#find(id))
  }

  async kill(id: string, signal: number | string): Promise<void> {
    await signalContainer(this.#find(id, ['created', 'running', 'paused']), signal)
  }

  async delete(id: string, { force = false }: DeleteOptions = {}): Promise<void> {
    const directory = this.#directory(id)
    const onWarning = this.#onWarning
    await deleteContainer({ id, directory, force, onWarning, cgroupOf: (record) => this.#cgroup(record) })
  }

  async exec(id: string, process: Process, options: ExecProcessOptions = {}): Promise<Supervisor> {
    const record = this.#find(id, options.ignorePaused ? ['created', 'running', 'paused'] : ['created', 'running'])
    if (record.scope?.bus !== undefined) await enterUserManager(record.scope.bus)
    return execProcess(process, options, {
      record,
      cgroup: this.#cgroup(record),
      directory: this.#directory(id),
      onWarning: this.#onWarning,
    })
  }

  async list(): Promise<State[]> {
    return this.#records().map((record) => this.#state(record))
  }

  async load(id: string): Promise<Container | undefined> {
    const record = readRecord(this.#directory(id))
    return record === undefined ? undefined : this.#container({ record, supervisor: connectSupervisor(record.socketPath, record) })
  }

  async pids(id: string): Promise<number[]> {
    const record = this.#find(id)
    const cgroup = this.#cgroup(record)
    return cgroup.hierarchies.length === 0 && isAlive(record) ? [record.pid] : cgroupPids(cgroup)
  }

  async stats(id: string): Promise<ContainerStats> {
    return readStats(this.#cgroup(this.#find(id)))
  }

  async *events(id: string, options: EventsOptions = {}): AsyncGenerator<ContainerEvent> {
    const record = this.#find(id, ['created', 'running', 'paused'])
    yield* watchContainer({ cgroup: this.#cgroup(record), isRunning: () => isAlive(record) }, options)
  }

  async pause(id: string): Promise<void> {
    await freeze(this.#cgroup(this.#find(id, ['created', 'running'])))
  }

  async resume(id: string): Promise<void> {
    thaw(this.#cgroup(this.#find(id, ['paused'])))
  }

  async update(id: string, resources: LinuxResources): Promise<void> {
    const record = this.#find(id, ['created', 'running', 'paused'])
    await updateContainer(validateResources(resources), { record, cgroup: this.#cgroup(record), directory: this.#directory(id) })
  }

  /** The record of a container, for the command. */
  recordOf(id: string): ContainerRecord {
    return this.#find(id)
  }

  /** `state` as the command prints it. */
  async details(id: string): Promise<StateDetails> {
    return this.#details(this.#find(id))
  }

  /** `list` as the command prints it. */
  async listDetails(): Promise<StateDetails[]> {
    return this.#records().map((record) => this.#details(record))
  }

  #details(record: ContainerRecord): StateDetails {
    return { ...this.#state(record), rootfs: record.rootfs, created: record.createdAt, owner: ownerName(this.#directory(record.id)) }
  }

  /** Sends a signal to everything in a container's cgroup. */
  async killAll(id: string, signal: number | string): Promise<void> {
    const number = signalNumber(signal)
    await signalCgroup(this.#cgroup(this.#find(id)), number, sendSignal)
  }

  async #launch(
    id: string,
    bundle: Bundle | LoadedBundle | string,
    options: LaunchOptions & { readonly hold: boolean },
  ): Promise<CreatedContainer> {
    const loaded = typeof bundle !== 'string' && 'bundle' in bundle ? bundle : loadBundle(bundle)
    const scope = this.#scope(checkId(id), loaded.spec.linux?.cgroupsPath)
    const cgroupPath = scope === undefined ? this.#cgroupPath(id, loaded.spec.linux?.cgroupsPath) : await scopePath(scope, this.#cgroups())
    if (scope?.bus !== undefined) await enterUserManager(scope.bus)
    return createContainer({
      ...options,
      stateDirectory: this.#stateDirectory,
      layout: this.#cgroups(),
      cgroupPath,
      scope,
      id,
      bundle: loaded,
      io: options.io ?? {},
      onWarning: this.#onWarning,
    })
  }

  /** The scope of systemd that the container's cgroup is to be; undefined: it is made as files. */
  #scope(id: string, path = ''): Scope | undefined {
    const bus = isRootOfSystemd() ? undefined : this.#userBus
    if (!this.#systemdCgroup) return parseScope(path, bus)
    const scope = parseScope(path || `:ct-runc:${id}`, bus)
    if (scope === undefined) throw bad('linux.cgroupsPath', 'slice:prefix:name, for cgroups made by systemd', path)
    return scope
  }

  #cgroupPath(id: string, path = ''): string {
    if (path.startsWith('/')) return path.replace(/\/+$/, '')
    return `/${this.#cgroupParent ?? defaultCgroupParent(this.#cgroups())}/${path || id}`
  }

  #container({ record, supervisor }: CreatedContainer): Container {
    return { id: record.id, pid: record.pid, supervisor, cgroup: record.cgroup }
  }

  #find(id: string, allowed?: readonly ContainerStatus[]): ContainerRecord {
    const record = readRecord(this.#directory(id))
    if (record === undefined) throw new RuntimeError('RUNTIME_NO_CONTAINER', `container ${id} does not exist`, { kind: 'not-found' })
    if (allowed === undefined) return record
    const status = containerStatus(record, () => this.#cgroup(record))
    if (allowed.includes(status)) return record
    throw new RuntimeError('RUNTIME_WRONG_STATUS', `container ${id} is ${status}, not ${allowed.join(' or ')}`, { kind: 'conflict' })
  }

  #state(record: ContainerRecord): State {
    return stateOf(
      record,
      containerStatus(record, () => this.#cgroup(record)),
    )
  }

  #ids(): string[] {
    try {
      return readdirSync(this.#stateDirectory).filter(isId).sort()
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return []
      throw error
    }
  }

  /** Those that can be read; of others it is only told. */
  #records(): ContainerRecord[] {
    return this.#ids().flatMap((id) => {
      try {
        return readRecord(this.#directory(id)) ?? []
      } catch (error) {
        if (!(error instanceof RuntimeError)) throw error
        this.#onWarning?.(error)
        return []
      }
    })
  }

  #directory(id: string): string {
    return `${this.#stateDirectory}/${checkId(id)}`
  }

  #cgroup(record: ContainerRecord): Cgroup {
    return openCgroup(this.#cgroups(), record.cgroup, { isManaged: record.scope !== undefined })
  }

  #cgroups(): CgroupLayout {
    this.#layout ??= detectCgroupLayout()
    return this.#layout
  }
}

function checkId(id: string): string {
  if (isId(id)) return id
  const hint = 'use up to 255 letters, digits and _ + - .'
  throw new RuntimeError('RUNTIME_BAD_ID', `${JSON.stringify(id.slice(0, 256))} is not an id`, { kind: 'invalid', hint })
}

function isId(text: string): boolean {
  return /^[\w+.-]{1,255}$/.test(text) && text !== '.' && text !== '..'
}
