import { expect, it } from 'vitest'
import { toRow } from '../../src/container/stats-rows.ts'

const cpu = (total: number, system: number) => ({
  cpu_usage: { total_usage: total, usage_in_kernelmode: 0, usage_in_usermode: total },
  system_cpu_usage: system,
  online_cpus: 2,
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
})

it('computes what docker shows', () => {
  const row = toRow({
    name: '/web',
    id: 'x',
    read: '',
    preread: '',
    num_procs: 0,
    pids_stats: { current: 3 },
    cpu_stats: cpu(300, 2000),
    precpu_stats: cpu(100, 1000),
    memory_stats: { usage: 5000, limit: 10_000, stats: { inactive_file: 1000 } },
    blkio_stats: {
      io_service_bytes_recursive: [
        { major: 8, minor: 0, op: 'Read', value: 7 },
        { major: 8, minor: 0, op: 'write', value: 9 },
      ],
    },
    storage_stats: {},
    networks: {
      eth0: { rx_bytes: 1, tx_bytes: 2, rx_packets: 0, rx_errors: 0, rx_dropped: 0, tx_packets: 0, tx_errors: 0, tx_dropped: 0 },
    },
  })
  expect(row).toEqual({
    id: 'x',
    name: 'web',
    cpuPercent: 40,
    memoryBytes: 4000,
    memoryLimitBytes: 10_000,
    received: 1,
    sent: 2,
    read: 7,
    written: 9,
    pids: 3,
  })
})
