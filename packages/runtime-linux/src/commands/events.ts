import type { ContainerStats, MemoryStats } from '../cgroups/stats.ts'
import type { ContainerEvent } from '../runtime/runtime.ts'
import { type Command, idOf, isOn } from './command.ts'
import { durationMs } from './flag-values.ts'

/** The kernel's "no limit" as Go prints it. */
const UNLIMITED = 2 ** 64

/** `ct-runc events`: one line of JSON for each, as runc prints them. */
export const events: Command = {
  name: 'events',
  summary: 'print statistics and out-of-memory events of a container',
  usage: '<container-id>',
  flags: { stats: true, interval: false },
  async run(context) {
    const { runtime, flags, print } = context
    const id = idOf(context)
    if (isOn(context, 'stats')) print(lineOf(id, { type: 'stats', stats: await runtime.stats(id) }))
    else for await (const event of runtime.events(id, { intervalMs: durationMs('interval', flags.interval) })) print(lineOf(id, event))
    return 0
  },
}

function lineOf(id: string, event: ContainerEvent): string {
  const line = event.type === 'oom' ? { type: 'oom', id } : { type: 'stats', id, data: statsOf(event.stats) }
  return `${JSON.stringify(line)}\n`
}

function statsOf({ cpu, memory, pids, blockIo, hugepages }: ContainerStats) {
  return {
    cpu: {
      usage: { total: cpu.usageNs, percpu: cpu.perCpuNs, kernel: cpu.systemNs, user: cpu.userNs },
      throttling: { periods: cpu.periods, throttledPeriods: cpu.throttledPeriods, throttledTime: cpu.throttledNs },
    },
    memory: memoryOf(memory),
    pids: { current: pids.current, limit: pids.limit },
    blkio: {
      ioServiceBytesRecursive: blockIo.devices.flatMap((device) => entries(device, device.readBytes, device.writeBytes)),
      ioServicedRecursive: blockIo.devices.flatMap((device) => entries(device, device.reads, device.writes)),
    },
    hugetlb: Object.fromEntries(
      Object.entries(hugepages).map(([size, { usageBytes, maxUsageBytes, failures }]) => [
        size,
        { usage: usageBytes, max: maxUsageBytes, failcnt: failures },
      ]),
    ),
  }
}

function memoryOf({ usageBytes, maxUsageBytes, limitBytes, cacheBytes, failures, swapBytes, counters }: MemoryStats) {
  return {
    cache: cacheBytes,
    usage: { limit: limitBytes ?? UNLIMITED, usage: usageBytes, max: maxUsageBytes, failcnt: failures },
    swap: { usage: swapBytes },
    raw: counters,
  }
}

function entries({ major, minor }: { readonly major: number; readonly minor: number }, read: number, write: number) {
  return [
    { major, minor, op: 'Read', value: read },
    { major, minor, op: 'Write', value: write },
  ]
}
