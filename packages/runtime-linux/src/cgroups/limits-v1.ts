import type { LinuxResources } from '../spec/resources.ts'
import { unsupported } from '../spec/shape.ts'
import type { Controller } from './layout.ts'
import type { Limit } from './limits.ts'

/**
 * Limits as files of cgroup version 1, in the order in which they are written.
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/
 */
export function limitsV1({ memory = {}, cpu = {}, pids, blockIO, unified = {} }: LinuxResources): Limit[] {
  for (const file of Object.keys(unified)) unsupported(true, `resources.unified["${file}"] (with cgroups of version 1)`)
  const limits: Limit[] = []
  const add = (controller: Controller, file: string, value: number | string | undefined) => {
    if (value === undefined || value === null || value === '') return
    limits.push({ controller, file, value: String(value) })
  }
  add('memory', 'memory.limit_in_bytes', nonZero(memory.limit))
  add('memory', 'memory.memsw.limit_in_bytes', nonZero(memory.swap) ?? (memory.limit === -1 ? -1 : undefined))
  add('memory', 'memory.soft_limit_in_bytes', nonZero(memory.reservation))
  add('memory', 'memory.swappiness', memory.swappiness)
  add('memory', 'memory.oom_control', memory.disableOOMKiller ? 1 : undefined)
  add('cpu', 'cpu.shares', nonZero(cpu.shares))
  add('cpu', 'cpu.cfs_period_us', nonZero(cpu.period))
  add('cpu', 'cpu.cfs_quota_us', nonZero(cpu.quota))
  add('cpu', 'cpu.cfs_burst_us', cpu.burst)
  add('cpu', 'cpu.idle', cpu.idle)
  add('cpuset', 'cpuset.cpus', cpu.cpus)
  add('cpuset', 'cpuset.mems', cpu.mems)
  add('pids', 'pids.max', pids === undefined ? undefined : pids.limit > 0 ? pids.limit : 'max')
  if (blockIO?.weight) {
    const value = String(blockIO.weight)
    limits.push({ controller: 'blkio', file: 'blkio.weight', value, otherwise: { file: 'blkio.bfq.weight', value } })
  }
  return limits
}

function nonZero(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value
}
