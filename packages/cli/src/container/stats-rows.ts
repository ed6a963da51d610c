import type { ContainerStats, NetworkStats } from '@ct/api'
import type { Column } from '../format/list.ts'
import { binarySize, decimalSize } from '../format/size.ts'
import { shortId } from './container-rows.ts'

/** One line of `stats`, in numbers. */
export interface Row {
  readonly id: string
  readonly name: string
  readonly cpuPercent: number
  readonly memoryBytes: number
  readonly memoryLimitBytes: number
  readonly received: number
  readonly sent: number
  readonly read: number
  readonly written: number
  readonly pids: number
}

/** What a sample says, as docker's command line computes it. */
export function toRow(sample: ContainerStats): Row {
  const { memory_stats: memory, blkio_stats: blkio, pids_stats: pids } = sample
  const networks = Object.values(sample.networks ?? {})
  const sum = (pick: (one: NetworkStats) => number): number => networks.reduce((total, one) => total + pick(one), 0)
  const bytes = (op: string): number =>
    (blkio.io_service_bytes_recursive ?? []).filter((one) => one.op.toLowerCase() === op).reduce((total, { value }) => total + value, 0)
  return {
    id: sample.id,
    name: sample.name.replace(/^\//, ''),
    cpuPercent: cpuPercent(sample),
    memoryBytes: Math.max(0, (memory.usage ?? 0) - inactiveFile(memory.stats ?? {})),
    memoryLimitBytes: memory.limit ?? 0,
    received: sum((one) => one.rx_bytes),
    sent: sum((one) => one.tx_bytes),
    read: bytes('read'),
    written: bytes('write'),
    pids: pids.current ?? 0,
  }
}

/** The share of one processor between the two samples; two busy processors are 200. */
function cpuPercent({ cpu_stats: now, precpu_stats: before }: ContainerStats): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage
  const passed = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0)
  const cpus = now.online_cpus ?? now.cpu_usage.percpu_usage?.length ?? 1
  return passed > 0 && used > 0 ? (used / passed) * cpus * 100 : 0
}

/** Page cache that can be dropped at once does not count: cgroup v1's name, then v2's. */
function inactiveFile(stats: Readonly<Record<string, number>>): number {
  return stats.total_inactive_file ?? stats.inactive_file ?? 0
}

/** The columns of `stats`. */
export function statsColumns(noTrunc: boolean): readonly Column<Row>[] {
  const percent = (value: number): string => `${value.toFixed(2)}%`
  return [
    { field: 'ID', heading: 'CONTAINER ID', value: ({ id }) => (noTrunc ? id : shortId(id)) },
    { field: 'Name', heading: 'NAME', value: ({ name }) => name },
    { field: 'CPUPerc', heading: 'CPU %', value: ({ cpuPercent }) => percent(cpuPercent) },
    {
      field: 'MemUsage',
      heading: 'MEM USAGE / LIMIT',
      value: (row) => `${binarySize(row.memoryBytes)} / ${binarySize(row.memoryLimitBytes)}`,
    },
    {
      field: 'MemPerc',
      heading: 'MEM %',
      value: (row) => percent(row.memoryLimitBytes === 0 ? 0 : (row.memoryBytes / row.memoryLimitBytes) * 100),
    },
    { field: 'NetIO', heading: 'NET I/O', value: ({ received, sent }) => `${decimalSize(received)} / ${decimalSize(sent)}` },
    { field: 'BlockIO', heading: 'BLOCK I/O', value: ({ read, written }) => `${decimalSize(read)} / ${decimalSize(written)}` },
    { field: 'PIDs', heading: 'PIDS', value: ({ pids }) => String(pids) },
    { field: 'Container', heading: 'CONTAINER', value: ({ name }) => name, hidden: true },
  ]
}
