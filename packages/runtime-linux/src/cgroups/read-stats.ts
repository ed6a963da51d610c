import { readFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import { type Cgroup, directoryOf } from './cgroup.ts'
import type { Controller } from './layout.ts'
import type { BlockIoStats, ContainerStats, CpuStats, MemoryStats, PidsStats } from './stats.ts'

/** Version 1 says "no limit" with the greatest number of pages. */
const V1_UNLIMITED = 2 ** 62

/** Reads what a cgroup has used. */
export function readStats(cgroup: Cgroup): ContainerStats {
  const isV1 = cgroup.layout.version === 1
  return {
    readAtNs: BigInt(Date.now()) * 1_000_000n,
    cpu: isV1 ? cpuV1(cgroup) : cpuV2(cgroup),
    memory: isV1 ? memoryV1(cgroup) : memoryV2(cgroup),
    pids: pids(cgroup),
    blockIo: isV1 ? blockIoV1(cgroup) : blockIoV2(cgroup),
  }
}

function cpuV1(cgroup: Cgroup): CpuStats {
  const throttling = table(read(cgroup, 'cpu', 'cpu.stat'))
  const rows = read(cgroup, 'cpuacct', 'cpuacct.usage_all').trim().split('\n').slice(1)
  const columns = rows.map((row) => row.split(' ').map(Number))
  const sum = (index: number) => columns.reduce((total, row) => total + (row[index] ?? 0), 0)
  return {
    usageNs: number(read(cgroup, 'cpuacct', 'cpuacct.usage')),
    userNs: sum(1),
    systemNs: sum(2),
    perCpuNs: read(cgroup, 'cpuacct', 'cpuacct.usage_percpu').trim().split(/\s+/).filter(Boolean).map(Number),
    periods: throttling.nr_periods ?? 0,
    throttledPeriods: throttling.nr_throttled ?? 0,
    throttledNs: throttling.throttled_time ?? 0,
  }
}

function cpuV2(cgroup: Cgroup): CpuStats {
  const counters = table(read(cgroup, undefined, 'cpu.stat'))
  const nanoseconds = (key: string) => (counters[key] ?? 0) * 1000
  return {
    usageNs: nanoseconds('usage_usec'),
    userNs: nanoseconds('user_usec'),
    systemNs: nanoseconds('system_usec'),
    perCpuNs: [],
    periods: counters.nr_periods ?? 0,
    throttledPeriods: counters.nr_throttled ?? 0,
    throttledNs: nanoseconds('throttled_usec'),
  }
}

function memoryV1(cgroup: Cgroup): MemoryStats {
  const counters = table(read(cgroup, 'memory', 'memory.stat'))
  const limit = number(read(cgroup, 'memory', 'memory.limit_in_bytes'))
  return {
    usageBytes: number(read(cgroup, 'memory', 'memory.usage_in_bytes')),
    maxUsageBytes: number(read(cgroup, 'memory', 'memory.max_usage_in_bytes')),
    limitBytes: limit === 0 || limit > V1_UNLIMITED ? undefined : limit,
    cacheBytes: counters.cache ?? 0,
    inactiveFileBytes: counters.total_inactive_file ?? counters.inactive_file ?? 0,
    oomKills: table(read(cgroup, 'memory', 'memory.oom_control')).oom_kill ?? 0,
    counters,
  }
}

function memoryV2(cgroup: Cgroup): MemoryStats {
  const counters = table(read(cgroup, 'memory', 'memory.stat'))
  return {
    usageBytes: number(read(cgroup, 'memory', 'memory.current')),
    maxUsageBytes: number(read(cgroup, 'memory', 'memory.peak')),
    limitBytes: limited(read(cgroup, 'memory', 'memory.max')),
    cacheBytes: counters.file ?? 0,
    inactiveFileBytes: counters.inactive_file ?? 0,
    oomKills: table(read(cgroup, 'memory', 'memory.events')).oom_kill ?? 0,
    counters,
  }
}

function pids(cgroup: Cgroup): PidsStats {
  return { current: number(read(cgroup, 'pids', 'pids.current')), limit: limited(read(cgroup, 'pids', 'pids.max')) }
}

/** Lines are `8:0 Read 4096`, and a total at the end. */
function blockIoV1(cgroup: Cgroup): BlockIoStats {
  const lines = read(cgroup, 'blkio', 'blkio.throttle.io_service_bytes').split('\n')
  const sum = (kind: string) => lines.reduce((total, line) => total + (line.split(' ')[1] === kind ? Number(line.split(' ')[2]) : 0), 0)
  return { readBytes: sum('Read'), writeBytes: sum('Write') }
}

/** Lines are `8:0 rbytes=4096 wbytes=0 …`. */
function blockIoV2(cgroup: Cgroup): BlockIoStats {
  const text = read(cgroup, 'io', 'io.stat')
  const sum = (key: string) =>
    [...text.matchAll(new RegExp(`\\b${key}=(\\d+)`, 'g'))].reduce((total, [, value]) => total + Number(value), 0)
  return { readBytes: sum('rbytes'), writeBytes: sum('wbytes') }
}

/** Empty where the machine does not count. */
function read(cgroup: Cgroup, controller: Controller | undefined, file: string): string {
  const directory = controller === undefined ? cgroup.hierarchies[0]?.directory : directoryOf(cgroup, controller)
  if (directory === undefined) return ''
  try {
    return readFileSync(`${directory}/${file}`, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENODEV', 'EOPNOTSUPP')) return ''
    throw error
  }
}

function table(text: string): Record<string, number> {
  const rows = text.split('\n').map((line) => line.split(' '))
  return Object.fromEntries(rows.filter(([key, value]) => key && value).map(([key, value]) => [key, Number(value)]))
}

function number(text: string): number {
  return Number(text.trim() || 0)
}

function limited(text: string): number | undefined {
  const word = text.trim()
  return word === '' || word === 'max' ? undefined : Number(word)
}
