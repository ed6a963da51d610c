import { rmSync, writeFileSync } from 'node:fs'
import { launch, type Supervisor, type SupervisorPlan } from '@ct/native'
import { type Cgroup, cgroupPids, createCgroup, oomCounter, removeCgroup, removeEmptyCgroup } from '../cgroups/cgroup.ts'
import { writeDeviceRules } from '../cgroups/device-rules.ts'
import type { CgroupLayout } from '../cgroups/layout.ts'
import { needsCpuset, writeLimits } from '../cgroups/limits.ts'
import { type SeccompFilter, seccompFilter } from '../plan/credentials.ts'
import { planRun } from '../plan/run-plan.ts'
import type { Spec } from '../spec/spec.ts'
import { explainFailure } from './failure.ts'
import type { LoadedBundle } from './load-bundle.ts'
import { adjustOomScore } from './oom-score.ts'
import { readProcessStatus } from './process-status.ts'
import { type ContainerRecord, claimDirectory, FILTER, writeRecord } from './record.ts'
import type { ContainerIo } from './runtime.ts'
import { SIGKILL, sendSignal } from './signals.ts'

/** How the command hands a container over: with its own stdio. */
export interface InheritedIo {
  /** Makes the FIFO at which a held process waits, and answers its path. Given, nobody supervises the process. */
  readonly makeFifo?: ((directory: string) => Promise<string>) | undefined
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
}

/** A container that has just been made. */
export interface CreatedContainer {
  readonly record: ContainerRecord
  readonly supervisor: Supervisor
}

/** Makes a container: directory, cgroup, process, record. What was made is removed when a later step fails. */
export async function createContainer(request: CreateRequest): Promise<CreatedContainer> {
  const { id, signal } = request
  signal?.throwIfAborted()
  const directory = claimDirectory(request.stateDirectory, id)
  let cgroup: Cgroup | undefined
  try {
    const { seccomp } = request.bundle.spec.linux ?? {}
    const filter = seccomp === undefined ? undefined : seccompFilter(seccomp)
    const record = { ...newRecord(request, directory), filterFlags: filter?.flags }
    writeRecord(directory, record)
    if (filter !== undefined) writeFileSync(`${directory}/${FILTER}`, filter.program)
    cgroup = prepareCgroup(request)
    const supervisor = await launchContainer(request, { cgroup, record, directory, filter })
    const pidStartTime = readProcessStatus(supervisor.pid)?.startTime ?? 0n
    const finished = { ...record, pid: supervisor.pid, pidStartTime: String(pidStartTime), isStarted: !request.hold }
    writeRecord(directory, finished)
    return { record: finished, supervisor }
  } catch (error) {
    await undo(cgroup, directory)
    signal?.throwIfAborted()
    throw error
  }
}

/** Removes what was made of a container, also a process whose record could not be written. */
async function undo(cgroup: Cgroup | undefined, directory: string): Promise<void> {
  try {
    if (cgroup === undefined) return
    for (const pid of cgroupPids(cgroup)) sendSignal(pid, SIGKILL)
    await removeCgroup(cgroup)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function prepareCgroup({ layout, cgroupPath, bundle }: CreateRequest): Cgroup {
  const resources = bundle.spec.linux?.resources ?? {}
  const cgroup = createCgroup(layout, cgroupPath, { withCpuset: needsCpuset(resources) })
  try {
    writeDeviceRules(cgroup, resources.devices)
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
      detachWithFifo: await inherited.makeFifo(directory),
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
  }
}

function namespacesOf({ linux }: Spec): ContainerRecord['namespaces'] {
  return linux?.namespaces?.map(({ type }) => type) ?? []
}
