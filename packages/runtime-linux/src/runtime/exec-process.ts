import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { launchExec, type Supervisor, type SupervisorPlan } from '@ct/native'
import { type Cgroup, cgroupBelow, entryFiles, joinFiles } from '../cgroups/cgroup.ts'
import { hasDeviceControl } from '../cgroups/device-rules.ts'
import { planExec } from '../plan/exec-plan.ts'
import { securityModules, warnOfLabels } from '../plan/labels.ts'
import type { Process } from '../spec/process.ts'
import { validateProcess } from '../spec/validate-process.ts'
import { type CommandIo, FIFO } from './command-io.ts'
import { explainFailure } from './failure.ts'
import { listenerMessage } from './listener-message.ts'
import { adjustOomScore } from './oom-score.ts'
import { type ContainerRecord, FILTER } from './record.ts'
import type { OnWarning } from './run-hooks.ts'
import type { ExecOptions } from './runtime.ts'

/** Options of an exec, with what only the command needs. */
export interface ExecProcessOptions extends ExecOptions, CommandIo {
  /** Cgroup below the container's that takes the process in. Default: the container's own. */
  readonly cgroup?: string | undefined
  /** Whether to start it also in a paused container, where it waits. Default: false. */
  readonly ignorePaused?: boolean | undefined
}

/** The container that a process is started in. */
export interface ExecTarget {
  readonly record: ContainerRecord
  readonly cgroup: Cgroup
  readonly directory: string
  readonly onWarning?: OnWarning | undefined
}

/** Starts a process in a container; what it does not say of its privileges is as in the container's first process. */
export async function execProcess(
  process: Process,
  options: ExecProcessOptions,
  { record, cgroup, directory, onWarning }: ExecTarget,
): Promise<Supervisor> {
  options.signal?.throwIfAborted()
  const { capabilities, noNewPrivileges, rlimits, oomScoreAdj, apparmorProfile, selinuxLabel } = record.process
  const { filterFlags } = record
  const defaults = { capabilities, noNewPrivileges, rlimits, oomScoreAdj, apparmorProfile, selinuxLabel }
  const whole = { ...defaults, ...defined(validateProcess(process)) }
  const modules = securityModules()
  warnOfLabels({ process: whole }, modules, onWarning)
  const plan = planExec({
    process: whole,
    pid: record.pid,
    pidStartTime: BigInt(record.pidStartTime),
    namespaces: record.namespaces,
    cgroupProcs: options.cgroup ? entryFiles(cgroupBelow(cgroup, options.cgroup)) : joinFiles(cgroup, record.pid),
    filter: filterFlags === undefined ? undefined : { program: readFileSync(`${directory}/${FILTER}`), flags: filterFlags },
    withheld: hasDeviceControl(cgroup, record.devices) ? [] : ['CAP_MKNOD'],
    supervisor: { ...planSupervisor(process, options, directory), listenerPath: record.listener?.path },
    hold: options.hold ?? false,
    modules,
    memoryPolicy: record.memoryPolicy,
  })
  try {
    const onPause = async (pid: number) => listenerMessage(record, pid)
    const supervisor = await launchExec(plan, { signal: options.signal, onPause })
    adjustOomScore(supervisor.pid, whole, record.namespaces)
    return supervisor
  } catch (error) {
    options.signal?.throwIfAborted()
    throw explainFailure(error, { plan, program: process.args[0] ?? '' })
  }
}

function planSupervisor(process: Process, options: ExecProcessOptions, directory: string): SupervisorPlan {
  const { inherited, descriptors, pidPath, stdin } = options
  if (inherited?.isSupervised === false) return { ...descriptors, pidPath, stdio: 'inherit', detachWithFifo: `${directory}/${FIFO}` }
  const socketPath = options.socketPath ?? `${directory}/exec-${randomBytes(4).toString('hex')}`
  const stdio = inherited !== undefined ? 'inherit' : stdin || process.terminal ? 'pipes' : 'closed-stdin'
  return { ...descriptors, pidPath, stdio, socketPath, exitPath: options.exitPath ?? `${socketPath}.exit` }
}

/** Engines write an empty label for none of their own. */
function defined(process: Process): Process {
  const isDefined = ([, value]: readonly [string, unknown]) => value !== undefined && value !== null && value !== ''
  return Object.fromEntries(Object.entries(process).filter(isDefined)) as unknown as Process
}
