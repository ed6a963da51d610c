import type { ExecPlan, NamespaceType, SupervisorPlan } from '@ct/native'
import type { LinuxMemoryPolicy } from '../spec/linux.ts'
import type { Process } from '../spec/process.ts'
import type { SeccompFilter } from './credentials.ts'
import type { SecurityModules } from './labels.ts'
import { planEarlyProcess, planProcess, planTerminal } from './process.ts'
import { planAffinity } from './scheduling.ts'

/** What a further process of a container is made from. */
export interface ExecContext {
  readonly process: Process
  readonly pid: number
  readonly pidStartTime: bigint
  readonly namespaces: readonly NamespaceType[]
  readonly cgroupProcs: readonly string[]
  readonly filter: SeccompFilter | undefined
  readonly withheld: readonly string[]
  readonly supervisor: SupervisorPlan
  readonly hold: boolean
  readonly modules: SecurityModules
  readonly memoryPolicy?: LinuxMemoryPolicy | undefined
}

/** Joins the container, then cuts the process down as the first one was. */
export function planExec({ process, pid, pidStartTime, namespaces, cgroupProcs, supervisor, modules, ...rest }: ExecContext): ExecPlan {
  return {
    supervisor,
    pid,
    pidStartTime,
    namespaces,
    cgroupProcs,
    operations: [
      ...planEarlyProcess(process, namespaces, modules),
      ...planAffinity(process.execCPUAffinity, 'initial'),
      ...(supervisor.listenerPath === undefined ? [] : [{ op: 'pause' } as const]),
      ...planTerminal(process),
      ...planAffinity(process.execCPUAffinity, 'final'),
      ...planProcess({ process, ...rest }),
    ],
  }
}
