import { writeFileSync } from 'node:fs'
import { launch, type Supervisor, type SupervisorPlan } from '@ct/native'
import { type Cgroup, cgroupPids, oomCounter, removeCgroup } from '../cgroups/cgroup.ts'
import type { CgroupLayout } from '../cgroups/layout.ts'
import { writeLimits } from '../cgroups/limits.ts'
import { holdScope, type Scope, stopScope } from '../cgroups/systemd-scope.ts'
import { hasListener, type SeccompFilter, seccompFilter } from '../plan/credentials.ts'
import { securityModules, warnOfLabels } from '../plan/labels.ts'
import { planRun } from '../plan/run-plan.ts'
import type { Hooks } from '../spec/hooks.ts'
import type { SpecMount } from '../spec/mount.ts'
import type { Spec } from '../spec/spec.ts'
import { isMachineRoot } from '../users/machine-root.ts'
import { type CommandIo, FIFO } from './command-io.ts'
import { settleExit, startContainer } from './control-container.ts'
import { explainFailure } from './failure.ts'
import { IdMapHolders } from './id-map-holders.ts'
import { listenerMessage, listenerOf } from './listener-message.ts'
import type { LoadedBundle } from './load-bundle.ts'
import { moveNetDevices } from './move-net-devices.ts'
import { adjustOomScore } from './oom-score.ts'
import { prepareCgroup } from './prepare-cgroup.ts'
import { readProcessStatus } from './process-status.ts'
import { type ContainerRecord, claimDirectory, FILTER, removeDirectory, writeRecord } from './record.ts'
import { type OnWarning, runHooks, runLateHooks } from './run-hooks.ts'
import { type InnerHookContext, runCreateContainerHooks } from './run-inner-hooks.ts'
import type { ContainerIo } from './runtime.ts'
import { SIGKILL, sendSignal } from './signals.ts'
import { stateOf } from './state-of.ts'
import { isAlive } from './status.ts'

/** Everything that a new container is made from. */
export interface CreateRequest extends CommandIo {
  readonly stateDirectory: string
  readonly layout: CgroupLayout
  readonly cgroupPath: string
  /** The unit of systemd that makes the cgroup. Default: none, it is made as files. */
  readonly scope?: Scope | undefined
  readonly id: string
  readonly bundle: LoadedBundle
  readonly hold: boolean
  readonly io: ContainerIo
  /** False where pivot_root cannot work. */
  readonly pivot?: boolean | undefined
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
  scope?: Scope | undefined
  /** Once there is a process. */
  record?: ContainerRecord
}

/**
 * Makes a container: directory, cgroup, process, hooks, record. What was made is removed when a later step fails, and
 * the hooks that come after a deletion run if others ran.
 */
export async function createContainer(request: CreateRequest): Promise<CreatedContainer> {
  const { id, signal, onWarning } = request
  signal?.throwIfAborted()
  const progress: Progress = { directory: claimDirectory(request.stateDirectory, id) }
  try {
    return await makeContainer(request, progress)
  } catch (error) {
    await undo(progress)
    const { record } = progress
    if (record !== undefined) {
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
  const listener =
    filter !== undefined && hasListener(filter) && seccomp?.listenerPath ? listenerOf(seccomp.listenerPath, seccomp) : undefined
  const early = { ...newRecord(request, directory), filterFlags: filter?.flags, listener }
  writeRecord(directory, early)
  if (filter !== undefined) writeFileSync(`${directory}/${FILTER}`, filter.program)
  const resources = request.bundle.spec.linux?.resources ?? {}
  await using holder = request.scope && (await holdScope(request.scope, { ...request, directory, resources }))
  progress.scope = request.scope
  const cgroup = await prepareCgroup({ ...request, resources })
  progress.cgroup = cgroup
  const hold = request.hold || Boolean(early.hooks?.startContainer?.length)
  const onPause = async (pid: number) => {
    progress.record = withProcess(early, pid)
    await moveNetDevices(request.bundle.spec.linux?.netDevices ?? {}, pid)
    const state = stateOf(progress.record, 'created') // as the specification has it after step 2 of the lifecycle
    await runEarlyHooks({ record: progress.record, cgroup, directory, state }, request.signal)
    return listenerMessage(progress.record)
  }
  const supervisor = await launchContainer({ ...request, hold }, { cgroup, record: early, directory, filter, onPause })
  if (holder !== undefined) writeLimits(cgroup, { pids: resources.pids })
  const record = { ...withProcess(early, supervisor.pid), isStarted: !hold }
  progress.record = record
  request.signal?.throwIfAborted() // also when the report that all is well came with the abort
  writeRecord(directory, record)
  if (request.hold) return { record, supervisor }
  if (hold) await startContainer(record, { directory, cgroup, onWarning: request.onWarning })
  else await runLateHooks(record.hooks, 'poststart', { state: stateOf(record, 'running'), onWarning: request.onWarning })
  return { supervisor, record: { ...record, isStarted: true } }
}

function withProcess(record: ContainerRecord, pid: number): ContainerRecord {
  const { startTime = 0n } = readProcessStatus(pid) ?? {}
  return { ...record, pid, pidStartTime: String(startTime) }
}

function hasNetDevices({ linux }: Spec): boolean {
  return Object.keys(linux?.netDevices ?? {}).length > 0
}

/** Hooks for which the set-up must wait. */
function hasEarlyHooks(hooks: Hooks = {}): boolean {
  return [hooks.prestart, hooks.createRuntime, hooks.createContainer].some((list) => list?.length)
}

async function runEarlyHooks(context: InnerHookContext, signal: AbortSignal | undefined): Promise<void> {
  const { record, state } = context
  await runHooks(record.hooks, 'prestart', { state, signal })
  await runHooks(record.hooks, 'createRuntime', { state, signal })
  await runCreateContainerHooks(context)
}

/** Removes what was made of a container, also a process whose record could not be written. */
async function undo({ cgroup, scope, record, directory }: Progress): Promise<void> {
  try {
    if (record !== undefined && isAlive(record)) sendSignal(record.pid, SIGKILL)
    for (const pid of cgroup === undefined ? [] : cgroupPids(cgroup)) sendSignal(pid, SIGKILL)
    if (scope !== undefined) await stopScope(scope)
    if (cgroup !== undefined) await removeCgroup(cgroup)
    if (record !== undefined) await settleExit(record)
  } finally {
    removeDirectory(directory)
  }
}

interface Prepared {
  readonly cgroup: Cgroup
  readonly record: ContainerRecord
  readonly directory: string
  readonly filter: SeccompFilter | undefined
  readonly onPause: (pid: number) => Promise<Uint8Array | undefined>
}

async function launchContainer(request: CreateRequest, prepared: Prepared): Promise<Supervisor> {
  const { bundle, hold, pivot, signal, onWarning } = request
  const { process = {}, linux } = bundle.spec
  const modules = securityModules()
  warnOfLabels({ process, mountLabel: linux?.mountLabel }, modules, onWarning)
  const supervisor = { ...planSupervisor(request, prepared), listenerPath: prepared.record.listener?.path }
  const { cgroup, filter, onPause, record, directory } = prepared
  await using idMaps = await IdMapHolders.open(bundle.spec, directory)
  const idMapOf = (mount: SpecMount) => idMaps.pathOf(mount)
  const plan = planRun({
    ...bundle,
    cgroup,
    filter,
    supervisor,
    hold,
    modules,
    pivot,
    mayMakeNodes: isMachineRoot(),
    idMapOf,
    pauses: hasEarlyHooks(record.hooks) || record.listener !== undefined || hasNetDevices(bundle.spec),
  })
  try {
    const launched = await launch(plan, { signal, onPause })
    adjustOomScore(launched.pid, prepared.record.process, prepared.record.namespaces)
    return launched
  } catch (error) {
    throw explainFailure(error, { plan, program: bundle.spec.process?.args[0] ?? '' })
  }
}

function planSupervisor(
  { bundle, io, inherited, descriptors, pidPath }: CreateRequest,
  { cgroup, record, directory }: Prepared,
): SupervisorPlan {
  if (inherited?.isSupervised === false) return { ...descriptors, pidPath, stdio: 'inherit', detachWithFifo: `${directory}/${FIFO}` }
  const { socketPath, exitPath } = record
  const common = { ...descriptors, socketPath, exitPath, pidPath, oom: oomCounter(cgroup) }
  if (inherited !== undefined) return { ...common, stdio: 'inherit' }
  const stdio = io.stdin || bundle.spec.process?.terminal ? 'pipes' : 'closed-stdin'
  return { ...common, logPath: io.logPath, stdio, stdinOnce: io.stdinOnce }
}

function newRecord({ id, bundle, cgroupPath, scope, io, inherited }: CreateRequest, directory: string): ContainerRecord {
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
    isSupervised: inherited?.isSupervised ?? true,
    cgroup: cgroupPath,
    scope,
    socketPath: io.socketPath ?? `${directory}/sock`,
    exitPath: io.exitPath ?? `${directory}/exit`,
    annotations: spec.annotations ?? {},
    namespaces: namespacesOf(spec),
    process: spec.process ?? { args: [], cwd: '/', user: { uid: 0, gid: 0 } },
    devices: spec.linux?.resources?.devices,
    memoryPolicy: spec.linux?.memoryPolicy,
    hooks: spec.hooks ?? undefined,
  }
}

function namespacesOf({ linux }: Spec): ContainerRecord['namespaces'] {
  return linux?.namespaces?.map(({ type }) => type) ?? []
}
