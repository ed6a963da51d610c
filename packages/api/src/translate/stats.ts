import type { ContainerRecord, ContainerStats as EngineStats, InterfaceStats } from '@ct/engine'
import type { ContainerStats, CpuStats, NetworkStats } from '../wire/stats.ts'
import { ZERO_TIME } from './time.ts'

const NO_CPU: CpuStats = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
}

/** One sample of what a container uses, with the one before it for a client to take differences. */
export function statsOf(now: EngineStats, before: EngineStats | undefined): ContainerStats {
  const { memory, pids, blockIo, networks } = now
  const names = Object.keys(networks)
  return {
    name: `/${now.name}`,
    id: now.containerId,
    read: now.readAt,
    preread: before?.readAt ?? ZERO_TIME,
    num_procs: 0,
    pids_stats: { current: pids.current, ...(pids.limit > 0 && { limit: pids.limit }) },
    cpu_stats: cpuStatsOf(now),
    precpu_stats: before === undefined ? NO_CPU : cpuStatsOf(before),
    memory_stats: {
      usage: memory.usageBytes,
      limit: memory.limitBytes,
      failcnt: memory.oomKills,
      stats: { inactive_file: memory.cacheBytes, total_inactive_file: memory.cacheBytes },
    },
    blkio_stats: {
      io_service_bytes_recursive: [
        { major: 0, minor: 0, op: 'read', value: blockIo.readBytes },
        { major: 0, minor: 0, op: 'write', value: blockIo.writeBytes },
      ],
    },
    storage_stats: {},
    ...(names.length > 0 && { networks: Object.fromEntries(Object.entries(networks).map(([name, card]) => [name, networkStatsOf(card)])) }),
  }
}

/** What a container that does not run uses. */
export function idleStatsOf({ id, name }: Pick<ContainerRecord, 'id' | 'name'>): ContainerStats {
  return {
    name: `/${name}`,
    id,
    read: ZERO_TIME,
    preread: ZERO_TIME,
    num_procs: 0,
    pids_stats: {},
    cpu_stats: NO_CPU,
    precpu_stats: NO_CPU,
    memory_stats: {},
    blkio_stats: { io_service_bytes_recursive: null },
    storage_stats: {},
  }
}

function cpuStatsOf({ cpu }: EngineStats): CpuStats {
  return {
    cpu_usage: { total_usage: cpu.usageNs, usage_in_kernelmode: cpu.systemNs, usage_in_usermode: cpu.userNs },
    system_cpu_usage: cpu.hostNs,
    online_cpus: cpu.onlineCpus,
    throttling_data: { periods: cpu.periods, throttled_periods: cpu.throttledPeriods, throttled_time: cpu.throttledNs },
  }
}

function networkStatsOf(card: InterfaceStats): NetworkStats {
  return {
    rx_bytes: card.rxBytes,
    rx_packets: card.rxPackets,
    rx_errors: card.rxErrors,
    rx_dropped: card.rxDropped,
    tx_bytes: card.txBytes,
    tx_packets: card.txPackets,
    tx_errors: card.txErrors,
    tx_dropped: card.txDropped,
  }
}
