import { hostCpu, hostMemoryBytes, interfaceStats } from '../processes/host-counters.ts'
import { timeTextOf } from '../store/time-text.ts'
import type { ContainerContext } from './container-context.ts'
import type { ContainerRecord } from './container-record.ts'
import type { ContainerStats } from './container-stats.ts'

/** Reads what a running container uses: its cgroup, its network interfaces, and what of the host that is to be compared with. */
export async function readContainerStats({ runtime }: ContainerContext, { id, name, state }: ContainerRecord): Promise<ContainerStats> {
  const { readAtNs, cpu, memory, pids, blockIo } = await runtime.stats(id)
  const { usageNs, userNs, systemNs, periods, throttledPeriods, throttledNs } = cpu
  return {
    containerId: id,
    name,
    readAt: timeTextOf(readAtNs),
    cpu: { usageNs, userNs, systemNs, periods, throttledPeriods, throttledNs, ...hostCpu() },
    memory: {
      usageBytes: memory.usageBytes,
      limitBytes: Math.min(memory.limitBytes ?? Number.POSITIVE_INFINITY, hostMemoryBytes()),
      cacheBytes: memory.inactiveFileBytes,
      oomKills: memory.oomKills,
    },
    pids: { current: pids.current, limit: pids.limit ?? 0 },
    blockIo,
    networks: interfaceStats(state.pid),
  }
}
