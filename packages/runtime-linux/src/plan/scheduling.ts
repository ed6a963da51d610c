import type { Operation } from '@ct/native'
import type { LinuxMemoryPolicy } from '../spec/linux.ts'
import type { ExecCpuAffinity, IoPriority, Process, Scheduler } from '../spec/process.ts'

/** Policies of sched_setattr(2). */
export const SCHEDULER_POLICIES: Readonly<Record<Scheduler['policy'], number>> = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
}
/** Flags of sched_setattr(2). */
export const SCHEDULER_FLAGS: Readonly<Record<NonNullable<Scheduler['flags']>[number], bigint>> = {
  SCHED_FLAG_RESET_ON_FORK: 1n,
  SCHED_FLAG_RECLAIM: 2n,
  SCHED_FLAG_DL_OVERRUN: 4n,
  SCHED_FLAG_KEEP_POLICY: 8n,
  SCHED_FLAG_KEEP_PARAMS: 16n,
  SCHED_FLAG_UTIL_CLAMP_MIN: 32n,
  SCHED_FLAG_UTIL_CLAMP_MAX: 64n,
}
/** Classes of ioprio_set(2). */
export const IO_CLASSES: Readonly<Record<IoPriority['class'], number>> = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 }

/** Modes of set_mempolicy(2). */
export const MEMORY_MODES: Readonly<Record<LinuxMemoryPolicy['mode'], number>> = {
  MPOL_DEFAULT: 0,
  MPOL_PREFERRED: 1,
  MPOL_BIND: 2,
  MPOL_INTERLEAVE: 3,
  MPOL_LOCAL: 4,
  MPOL_PREFERRED_MANY: 5,
  MPOL_WEIGHTED_INTERLEAVE: 6,
}
/** Flags of set_mempolicy(2), which are part of the mode. */
export const MEMORY_FLAGS: Readonly<Record<NonNullable<LinuxMemoryPolicy['flags']>[number], number>> = {
  MPOL_F_STATIC_NODES: 0x8000,
  MPOL_F_RELATIVE_NODES: 0x4000,
  MPOL_F_NUMA_BALANCING: 0x2000,
}

/** Where the kernel takes the memory of the process from. */
export function planMemoryPolicy(policy: LinuxMemoryPolicy | undefined): Operation[] {
  if (!policy) return []
  const mode = (policy.flags ?? []).reduce((sum, flag) => sum | MEMORY_FLAGS[flag], MEMORY_MODES[policy.mode])
  return [{ op: 'memory-policy', mode, nodes: policy.nodes ? parseNumbers(policy.nodes) : [] }]
}

/** How the kernel schedules the process, set while it still has the right to. */
export function planScheduling({ scheduler, ioPriority }: Process): Operation[] {
  const operations: Operation[] = []
  if (scheduler) {
    const attributes = {
      policy: SCHEDULER_POLICIES[scheduler.policy],
      flags: (scheduler.flags ?? []).reduce((sum, flag) => sum | SCHEDULER_FLAGS[flag], 0n),
      nice: scheduler.nice ?? 0,
      priority: scheduler.priority ?? 0,
      runtimeNs: BigInt(scheduler.runtime ?? 0),
      deadlineNs: BigInt(scheduler.deadline ?? 0),
      periodNs: BigInt(scheduler.period ?? 0),
    }
    operations.push({ op: 'scheduler', attributes })
  }
  if (ioPriority) operations.push({ op: 'io-priority', class: IO_CLASSES[ioPriority.class], priority: ioPriority.priority ?? 0 })
  return operations
}

/** The processors of an exec before it is in its cgroup (`initial`), or from then on (`final`). */
export function planAffinity(affinity: ExecCpuAffinity | undefined, when: 'initial' | 'final'): Operation[] {
  const list = affinity?.[when]
  return list ? [{ op: 'cpu-affinity', cpus: parseNumbers(list) }] : []
}

/** The processors or nodes of a list such as `0-3,7`. */
export function parseNumbers(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.trim().split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
