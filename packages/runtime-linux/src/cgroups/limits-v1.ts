import type { LinuxBlockIo, LinuxCpu, LinuxMemory, LinuxNetworkResources, LinuxResources } from '../spec/resources.ts'
import { unsupported } from '../spec/shape.ts'
import { addHugepages, addRdma, LimitList, pidsMaximum } from './limit-list.ts'
import type { Limit } from './limits.ts'

/**
 * Limits as files of cgroup version 1, in the order in which they are written.
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/
 */
export function limitsV1(resources: LinuxResources): Limit[] {
  for (const file of Object.keys(resources.unified ?? {})) unsupported(true, `resources.unified["${file}"] (with cgroups of version 1)`)
  const list = new LimitList()
  addMemory(list, resources.memory ?? {})
  addCpu(list, resources.cpu ?? {})
  list.add('pids', 'pids.max', pidsMaximum(resources.pids))
  addBlockIo(list, resources.blockIO ?? {})
  addHugepages(list, resources.hugepageLimits, 'limit_in_bytes')
  addNetwork(list, resources.network ?? {})
  addRdma(list, resources.rdma)
  return list.limits
}

function addMemory(list: LimitList, memory: LinuxMemory): void {
  const { limit, swap, reservation, kernelTCP, swappiness, disableOOMKiller } = memory
  list.add('memory', 'memory.limit_in_bytes', nonZero(limit))
  if (swap) list.add('memory', 'memory.memsw.limit_in_bytes', swap)
  // Without a limit of memory there is none of memory and swap, which would be the smaller; kernels may not count swap.
  else if (limit === -1) list.push({ controller: 'memory', file: 'memory.memsw.limit_in_bytes', value: '-1', isOptional: true })
  list.add('memory', 'memory.soft_limit_in_bytes', nonZero(reservation))
  list.add('memory', 'memory.kmem.tcp.limit_in_bytes', nonZero(kernelTCP))
  list.add('memory', 'memory.swappiness', swappiness)
  list.add('memory', 'memory.oom_control', disableOOMKiller ? 1 : undefined)
}

function addCpu(list: LimitList, cpu: LinuxCpu): void {
  list.add('cpu', 'cpu.shares', nonZero(cpu.shares))
  list.add('cpu', 'cpu.cfs_period_us', nonZero(cpu.period))
  list.add('cpu', 'cpu.cfs_quota_us', nonZero(cpu.quota))
  list.add('cpu', 'cpu.cfs_burst_us', cpu.burst)
  list.add('cpu', 'cpu.rt_period_us', nonZero(cpu.realtimePeriod))
  list.add('cpu', 'cpu.rt_runtime_us', nonZero(cpu.realtimeRuntime))
  list.add('cpu', 'cpu.idle', cpu.idle)
  list.add('cpuset', 'cpuset.cpus', cpu.cpus)
  list.add('cpuset', 'cpuset.mems', cpu.mems)
}

/** Weights are those of the scheduler that the kernel has: CFQ's before 5.0, BFQ's since. */
function addBlockIo(list: LimitList, io: LinuxBlockIo): void {
  const weigh = (file: string, value: string) =>
    list.push({ controller: 'blkio', file: `blkio.${file}`, value, otherwise: { file: `blkio.bfq.${file}`, value } })
  if (io.weight) weigh('weight', String(io.weight))
  if (io.leafWeight) list.add('blkio', 'blkio.leaf_weight', io.leafWeight)
  for (const { major, minor, weight, leafWeight } of io.weightDevice ?? []) {
    if (weight) weigh('weight_device', `${major}:${minor} ${weight}`)
    if (leafWeight) list.add('blkio', 'blkio.leaf_weight_device', `${major}:${minor} ${leafWeight}`)
  }
  const throttles = [
    ['read_bps_device', io.throttleReadBpsDevice],
    ['write_bps_device', io.throttleWriteBpsDevice],
    ['read_iops_device', io.throttleReadIOPSDevice],
    ['write_iops_device', io.throttleWriteIOPSDevice],
  ] as const
  for (const [file, devices] of throttles) {
    for (const { major, minor, rate } of devices ?? []) list.add('blkio', `blkio.throttle.${file}`, `${major}:${minor} ${rate}`)
  }
}

function addNetwork(list: LimitList, { classID, priorities }: LinuxNetworkResources): void {
  list.add('net_cls', 'net_cls.classid', nonZero(classID))
  for (const { name, priority } of priorities ?? []) list.add('net_prio', 'net_prio.ifpriomap', `${name} ${priority}`)
}

function nonZero(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value
}
