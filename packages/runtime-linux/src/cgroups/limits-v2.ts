import type { LinuxBlockIo, LinuxCpu, LinuxMemory, LinuxResources } from '../spec/resources.ts'
import { bad, unsupported } from '../spec/shape.ts'
import type { Controller } from './layout.ts'
import { addHugepages, addRdma, LimitList, pidsMaximum } from './limit-list.ts'
import type { Limit } from './limits.ts'

const NO_QUOTA = 'max'

/**
 * Limits as files of cgroup version 2. Values of version 1 are converted as runc does: shares of 2 to 262144 to weights
 * of 1 to 10000, block weights of 10 to 1000 likewise, memory and swap together to swap alone. What version 2 has no
 * setting for is refused, but for swappiness and the OOM killer's switch, which engines send by habit.
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export function limitsV2(resources: LinuxResources): Limit[] {
  refuseVersion1(resources)
  const list = new LimitList()
  addMemory(list, resources.memory ?? {})
  addCpu(list, resources.cpu ?? {})
  list.add('pids', 'pids.max', pidsMaximum(resources.pids))
  addBlockIo(list, resources.blockIO ?? {})
  addHugepages(list, resources.hugepageLimits, 'max')
  addRdma(list, resources.rdma)
  for (const [file, value] of Object.entries(resources.unified ?? {})) {
    for (const line of value.split('\n')) list.add(file.split('.')[0] as Controller, file, line)
  }
  return list.limits
}

/** `1 + (shares - 2) × 9999 / 262142`, rounded down. */
export function sharesToWeight(shares: number): number {
  const bounded = Math.min(Math.max(shares, 2), 262144)
  return 1 + Math.floor(((bounded - 2) * 9999) / 262142)
}

function refuseVersion1({ memory, cpu, blockIO, network }: LinuxResources): void {
  const refuse = (value: unknown, path: string) => unsupported(value ?? 0, `resources.${path} (with cgroups of version 2)`)
  refuse(memory?.kernelTCP, 'memory.kernelTCP')
  refuse(cpu?.realtimeRuntime, 'cpu.realtimeRuntime')
  refuse(cpu?.realtimePeriod, 'cpu.realtimePeriod')
  refuse(blockIO?.leafWeight, 'blockIO.leafWeight')
  for (const { leafWeight } of blockIO?.weightDevice ?? []) refuse(leafWeight, 'blockIO.weightDevice.leafWeight')
  refuse(network?.classID, 'network.classID')
  refuse(network?.priorities?.length, 'network.priorities')
}

function addMemory(list: LimitList, memory: LinuxMemory): void {
  const swap = swapOf(memory)
  // Kernels that do not count swap have no such file, and no limit then needs none.
  if (swap !== undefined) list.push({ controller: 'memory', file: 'memory.swap.max', value: swap, isOptional: swap === 'max' })
  list.add('memory', 'memory.max', maximum(memory.limit))
  list.add('memory', 'memory.low', maximum(memory.reservation))
}

function addCpu(list: LimitList, cpu: LinuxCpu): void {
  list.add('cpu', 'cpu.idle', cpu.idle)
  list.add('cpu', 'cpu.weight', cpu.shares ? sharesToWeight(cpu.shares) : undefined)
  const bandwidth = bandwidthOf(cpu)
  if (bandwidth !== undefined) list.push({ controller: 'cpu', file: 'cpu.max', value: bandwidth })
  list.add('cpu', 'cpu.max.burst', cpu.burst)
  list.add('cpuset', 'cpuset.cpus', cpu.cpus)
  list.add('cpuset', 'cpuset.mems', cpu.mems)
}

/** The kernel keeps a period that is not given, but wants a quota always. */
function bandwidthOf({ quota, period }: LinuxCpu): Limit['value'] | undefined {
  if (!quota && !period) return undefined
  const time = period ? ` ${period}` : ''
  if (!quota) return (present) => `${present('cpu.max').split(' ')[0]}${time}`
  return `${quota > 0 ? quota : NO_QUOTA}${time}`
}

function addBlockIo(list: LimitList, io: LinuxBlockIo): void {
  const weigh = (prefix: string, weight: number) => {
    const otherwise = { file: 'io.weight', value: `${prefix}${blockWeight(weight)}` }
    list.push({ controller: 'io', file: 'io.bfq.weight', value: `${prefix}${weight}`, otherwise })
  }
  if (io.weight) weigh('', io.weight)
  for (const { major, minor, weight } of io.weightDevice ?? []) if (weight) weigh(`${major}:${minor} `, weight)
  const throttles = [
    ['rbps', io.throttleReadBpsDevice],
    ['wbps', io.throttleWriteBpsDevice],
    ['riops', io.throttleReadIOPSDevice],
    ['wiops', io.throttleWriteIOPSDevice],
  ] as const
  for (const [key, devices] of throttles) {
    for (const { major, minor, rate } of devices ?? []) list.add('io', 'io.max', `${major}:${minor} ${key}=${rate || 'max'}`)
  }
}

function blockWeight(weight: number): number {
  return 1 + Math.floor(((weight - 10) * 9999) / 990)
}

function swapOf({ swap, limit }: LinuxMemory): Limit['value'] | undefined {
  if (limit === -1 && !swap) return 'max'
  if (swap === undefined || swap === null || swap <= 0) return maximum(swap)
  if (limit !== undefined && limit > 0) return String(swap - limit)
  return (present) => {
    const memory = Number(present('memory.max'))
    if (memory <= swap) return String(swap - memory)
    throw bad('resources.memory.swap', 'given with a memory limit, and at least that', swap)
  }
}

function maximum(value: number | undefined | null): string | undefined {
  if (value === undefined || value === null || value === 0) return undefined
  return value < 0 ? 'max' : String(value)
}
