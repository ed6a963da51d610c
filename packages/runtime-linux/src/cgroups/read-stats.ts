import type { Cgroup } from './cgroup.ts'
import { readBlockIo } from './read-block-io.ts'
import { readHugepages } from './read-hugepages.ts'
import { statLimit as limited, statNumber as number, readStat as read, statTable as table } from './stat-files.ts'
import type { ContainerStats, CpuStats, MemoryStats, PidsStats } from './stats.ts'

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
    blockIo: readBlockIo(cgroup),
    hugepages: readHugepages(cgroup),
  }
}

/** How many processes of a cgroup the kernel has killed for want of memory; 0 where it does not count. */
export function countOomKills(cgroup: Cgroup): number {
  const file = cgroup.layout.version === 1 ? 'memory.oom_control' : 'memory.events'
  return table(read(cgroup, 'memory', file)).oom_kill ?? 0
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
    oomKills: countOomKills(cgroup),
    failures: number(read(cgroup, 'memory', 'memory.failcnt')),
    swapBytes: counters.swap ?? 0,
    counters,
  }
}

function memoryV2(cgroup: Cgroup): MemoryStats {
  const counters = table(read(cgroup, 'memory', 'memory.stat'))
  const events = table(read(cgroup, 'memory', 'memory.events'))
  return {
    usageBytes: number(read(cgroup, 'memory', 'memory.current')),
    maxUsageBytes: number(read(cgroup, 'memory', 'memory.peak')),
    limitBytes: limited(read(cgroup, 'memory', 'memory.max')),
    cacheBytes: counters.file ?? 0,
    inactiveFileBytes: counters.inactive_file ?? 0,
    oomKills: countOomKills(cgroup),
    failures: events.max ?? 0,
    swapBytes: number(read(cgroup, 'memory', 'memory.swap.current')),
    counters,
  }
}

function pids(cgroup: Cgroup): PidsStats {
  return { current: number(read(cgroup, 'pids', 'pids.current')), limit: limited(read(cgroup, 'pids', 'pids.max')) }
}
