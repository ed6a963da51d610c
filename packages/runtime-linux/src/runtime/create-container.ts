import { rmSync, writeFileSync } from 'node:fs'
import { launch, type Supervisor, type SupervisorPlan } from '@ct/native'
import { type Cgroup, cgroupPids, createCgroup, oomCounter, removeCgroup, removeEmptyCgroup } from '../cgroups/cgroup.ts'
import type { CgroupLayout } from '../cgroups/layout.ts'
import { demandedControllers, writeLimits } from '../cgroups/limits.ts'
import { writeDeviceRules } from '../cgroups/write-device-rules.ts'
import { type SeccompFilter, seccompFilter } from '../plan/credentials.ts'
import { refuseLabels } from '../plan/labels.ts'
import { planRun } from '../plan/run-plan.ts'
import type { Hooks } from '../spec/hooks.ts'
import type { Spec } from '../spec/spec.ts'
import { settleExit, startContainer } from './control-container.ts'
import { explainFailure } from './failure.ts'
import type { LoadedBundle } from './load-bundle.ts'
import { adjustOomScore } from './oom-score.ts'
import { readProcessStatus } from './process-status.ts'
import { type ContainerRecord, claimDirectory, FILTER, writeRecord } from './record.ts'
import { type OnWarning, runHooks, runLateHooks } from './run-hooks.ts'
import type { ContainerIo } from './runtime.ts'
import { SIGKILL, sendSignal } from './signals.ts'
import { stateOf } from './state-of.ts'
import { isAlive } from './status.ts'

/** How the command hands a container over: with its own stdio. */
export interface InheritedIo {
  /** Makes the FIFO at which a held process of this user of the host waits, and answers its path. Given, nobody supervises the process. */
  readonly makeFifo?: ((directory: string, uid: number) => Promise<string>) | undefined
  /** Unix socket that gets the pty; only without a supervisor. */
  readonly consoleSocketPath?: string | undefined
}

/** Everything that a new container is made from. */
export interface CreateRequest {
  readonly stateDirectory: string
  readonly layout: CgroupLayout
  readonly cgroupPath: string
  readonly id: string
  readonly bundle: LoadedBundle
  readonly hold: boolean
  readonly io: ContainerIo
  readonly inherited?: InheritedIo | undefined
  /** False where pivot_root cannot work. */
  readonly pivot?: boolean | undefined
  readonly pidPath?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onWarning?: OnWarning | undefined
}

/** A container that has just been made. */
export interface CreatedContainer {
  readonly record: ContainerRecord
  readonly supervisor: Supervisor
}

/** What there is of a container that is being made. */
interface Progress {
  readonly directory: string
  cgroup?: Cgroup
  created?: CreatedContainer
}

/**
 * Makes a container: directory, cgroup, process, hooks, record. What was made is removed when a later step fails, and
 * the hooks that come after a deletion run if others ran.
 */
export async function createContainer(request: CreateRequest): Promise<CreatedContainer> {
  const { id, signal, onWarning } = request
  signal?.throwIfAborted()
  const { process = {}, linux } = request.bundle.spec
  refuseLabels({ process, mountLabel: linux?.mountLabel }, { onWarning })
  const progress: Progress = { directory: claimDirectory(request.stateDirectory, id) }
  try {
    return await makeContainer(request, progress)
  } catch (error) {
    await undo(progress)
    if (progress.created !== undefined) {
      const { record } = progress.created
      await runLateHooks(record.hooks, 'poststop', { state: stateOf(record, 'stopped'), onWarning })
    }
    signal?.throwIfAborted()
    throw error
  }
}

async function makeContainer(request: CreateRequest, progress: Progress): Promise<CreatedContainer> {
  const { directory } = progress
  const { seccomp } = request.bundle.spec.linux ?? {}
  const filter = seccomp === undefined ? undefined : seccompFilter(seccomp)
  const early = { ...newRecord(request, directory), filterFlags: filter?.flags }
  writeRecord(directory, early)
  if (filter !== undefined) writeFileSync(`${directory}/${FILTER}`, filter.program)
  progress.cgroup = await prepareCgroup(request)
  const hold = request.hold || hasEarlyHooks(early.hooks)
  const supervisor = await launchContainer({ ...request, hold }, { cgroup: progress.cgroup, record: early, directory, filter })
  const { startTime = 0n } = readProcessStatus(supervisor.pid) ?? {}
  const record = { ...early, pid: supervisor.pid, pidStartTime: String(startTime), isStarted: !hold }
  progress.created = { record, supervisor }
  request.signal?.throwIfAborted() // also when the report that all is well came with the abort
  await runEarlyHooks(record, request.signal)
  writeRecord(directory, record)
  if (request.hold) return progress.created
  if (hold) await startContainer(record, directory, request.onWarning)
  else await runLateHooks(record.hooks, 'poststart', { state: stateOf(record, 'running'), onWarning: request.onWarning })
  return { supervisor, record: { ...record, isStarted: true } }
}

/** Hooks for which the program must wait. */
function hasEarlyHooks(hooks: Hooks = {}): boolean {
  return [hooks.prestart, hooks.createRuntime].some((list) => list?.length)
}

/** The specification has them run when the set-up is done, and calls the container created from then on. */
async function runEarlyHooks(record: ContainerRecord, signal: AbortSignal | undefined): Promise<void> {
  const context = { state: stateOf(record, 'created'), signal }
  await runHooks(record.hooks, 'prestart', context)
  await runHooks(record.hooks, 'createRuntime', context)
}

/** Removes what was made of a container, also a process whose record could not be written. */
async function undo({ cgroup, created, directory }: Progress): Promise<void> {
  try {
    if (created !== undefined && isAlive(created.record)) sendSignal(created.record.pid, SIGKILL)
    if (cgroup === undefined) return
    for (const pid of cgroupPids(cgroup)) sendSignal(pid, SIGKILL)
    await removeCgroup(cgroup)
    if (created !== undefined) await settleExit(created.record)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function prepareCgroup({ layout, cgroupPath, bundle }: CreateRequest): Promise<Cgroup> {
  const resources = bundle.spec.linux?.resources ?? {}
  const cgroup = createCgroup(layout, cgroupPath, demandedControllers(layout, resources))
  try {
    await writeDeviceRules(cgroup, resources.devices, { isNew: true })
    writeLimits(cgroup, resources)
    return cgroup
  } catch (error) {
    removeEmptyCgroup(cgroup)
    throw error
  }
}

interface Prepared {
  readonly cgroup: Cgroup
  readonly record: ContainerRecord
  readonly directory: string
  readonly filter: SeccompFilter | undefined
}

async function launchContainer(request: CreateRequest, prepared: Prepared): Promise<Supervisor> {
  const { bundle, hold, pivot, signal } = request
  const supervisor = await planSupervisor(request, prepared)
  const { cgroup, filter } = prepared
  const plan = planRun({ ...bundle, cgroup, filter, supervisor, hold, pivot })
  try {
    const launched = await launch(plan, { signal })
    adjustOomScore(launched.pid, prepared.record.process, prepared.record.namespaces)
    return launched
  } catch (error) {
    throw explainFailure(error, { plan, program: bundle.spec.process?.args[0] ?? '' })
  }
}

async function planSupervisor(
  { bundle, io, inherited, pidPath }: CreateRequest,
  { cgroup, record, directory }: Prepared,
): Promise<SupervisorPlan> {
  const oom = oomCounter(cgroup)
  if (inherited?.makeFifo !== undefined) {
    return {
      stdio: 'inherit',
      detachWithFifo: await inherited.makeFifo(directory, hostUid(bundle.spec)),
      consoleSocketPath: inherited.consoleSocketPath,
      pidPath,
    }
  }
  const { socketPath, exitPath } = record
  if (inherited !== undefined) return { stdio: 'inherit', socketPath, exitPath, pidPath, oom }
  return {
    socketPath,
    exitPath,
    logPath: io.logPath,
    pidPath,
    stdio: io.stdin || bundle.spec.process?.terminal ? 'pipes' : 'closed-stdin',
    stdinOnce: io.stdinOnce,
    oom,
  }
}

function newRecord({ id, bundle, cgroupPath, io, inherited }: CreateRequest, directory: string): ContainerRecord {
  const { spec } = bundle
  return {
    version: 1,
    ociVersion: spec.ociVersion,
    id,
    pid: 0,
    pidStartTime: '0',
    bundle: bundle.bundle,
    rootfs: bundle.rootfs,
    createdAt: new Date().toISOString(),
    isStarted: false,
    isSupervised: inherited?.makeFifo === undefined,
    cgroup: cgroupPath,
    socketPath: io.socketPath ?? `${directory}/sock`,
    exitPath: io.exitPath ?? `${directory}/exit`,
    annotations: spec.annotations ?? {},
    namespaces: namespacesOf(spec),
    process: spec.process ?? { args: [], cwd: '/', user: { uid: 0, gid: 0 } },
    devices: spec.linux?.resources?.devices,
    hooks: spec.hooks ?? undefined,
  }
}

/** The process's user as the host counts. */
function hostUid({ process, linux }: Spec): number {
  const { uid = 0 } = process?.user ?? {}
  const line = linux?.uidMappings?.find(({ containerID, size }) => uid >= containerID && uid < containerID + size)
  return line === undefined ? uid : line.hostID + uid - line.containerID
}

function namespacesOf({ linux }: Spec): ContainerRecord['namespaces'] {
  return linux?.namespaces?.map(({ type }) => type) ?? []
}
