import type { Cgroup } from '../cgroups/cgroup.ts'
import { isFrozen } from '../cgroups/freezer.ts'
import type { ContainerStatus } from '../spec/state.ts'
import { readProcessStatus } from './process-status.ts'
import type { ContainerRecord } from './record.ts'

/** Where a container is in its life, as its process and its cgroup say. */
export function containerStatus(record: ContainerRecord, cgroup: () => Cgroup): ContainerStatus {
  if (record.pid === 0) return 'creating'
  if (!isAlive(record)) return 'stopped'
  if (isFrozen(cgroup())) return 'paused'
  return record.isStarted ? 'running' : 'created'
}

/** Whether the container's first process runs; one that got its pid later does not count. */
export function isAlive({ pid, pidStartTime }: ContainerRecord): boolean {
  const status = readProcessStatus(pid)
  return status !== undefined && !status.isZombie && String(status.startTime) === pidStartTime
}
