import type { LinuxCpu, LinuxMemory, LinuxResources } from '../spec/resources.ts'
import { bad } from '../spec/shape.ts'
import type { Controller } from './layout.ts'
import type { Limit } from './limits.ts'

/**
 * Limits as files of cgroup version 2. Values of version 1 are converted as runc does: shares of 2 to 262144 to weights
 * of 1 to 10000, block weights of 10 to 1000 likewise, memory and swap together to swap alone.
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export function limitsV2({ memory = {}, cpu = {}, pids, blockIO, unified = {} }: LinuxResources): Limit[] {
  const limits: Limit[] = []
  const add = (controller: Controller, file: string, value: number | string | undefined) => {
    if (value === undefined || value === null || value === '') return
    limits.push({ controller, file, value: String(value) })
  }
  add('memory', 'memory.swap.max', swapOf(memory))
  add('memory', 'memory.max', maximum(memory.limit))
  add('memory', 'memory.low', maximum(memory.reservation))
  add('cpu', 'cpu.idle', cpu.idle)
  add('cpu', 'cpu.weight', cpu.shares ? sharesToWeight(cpu.shares) : undefined)
  add('cpu', 'cpu.max', bandwidth(cpu))
  add('cpu', 'cpu.max.burst', cpu.burst)
  add('cpuset', 'cpuset.cpus', cpu.cpus)
  add('cpuset', 'cpuset.mems', cpu.mems)
  add('pids', 'pids.max', pids === undefined ? undefined : pids.limit > 0 ? pids.limit : 'max')
  if (blockIO?.weight) {
    const otherwise = { file: 'io.weight', value: String(1 + Math.floor(((blockIO.weight - 10) * 9999) / 990)) }
    limits.push({ controller: 'io', file: 'io.bfq.weight', value: String(blockIO.weight), otherwise })
  }
  for (const [file, value] of Object.entries(unified)) add(file.split('.')[0] as Controller, file, value)
  return limits
}

/** `1 + (shares - 2) × 9999 / 262142`, rounded down. */
export function sharesToWeight(shares: number): number {
  const bounded = Math.min(Math.max(shares, 2), 262144)
  return 1 + Math.floor(((bounded - 2) * 9999) / 262142)
}

function bandwidth({ quota, period }: LinuxCpu): string | undefined {
  if (!quota && !period) return undefined
  return `${quota !== undefined && quota > 0 ? quota : 'max'} ${period || 100_000}`
}

function swapOf({ swap, limit }: LinuxMemory): string | undefined {
  if (limit === -1 && !swap) return 'max'
  if (swap === undefined || swap <= 0) return maximum(swap)
  if (limit === undefined || limit <= 0) throw bad('resources.memory.swap', 'given with a memory limit', swap)
  return String(swap - limit)
}

function maximum(value: number | undefined): string | undefined {
  if (value === undefined || value === 0) return undefined
  return value < 0 ? 'max' : String(value)
}
