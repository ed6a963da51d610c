/** One sample of a container's CPU use; times are nanoseconds. */
export interface CpuStats {
  readonly cpu_usage: { total_usage: number; percpu_usage?: readonly number[]; usage_in_kernelmode: number; usage_in_usermode: number }
  readonly system_cpu_usage?: number
  readonly online_cpus?: number
  readonly throttling_data: { periods: number; throttled_periods: number; throttled_time: number }
}

/** Bytes, packets and losses of one interface. */
export interface NetworkStats {
  readonly rx_bytes: number
  readonly rx_packets: number
  readonly rx_errors: number
  readonly rx_dropped: number
  readonly tx_bytes: number
  readonly tx_packets: number
  readonly tx_errors: number
  readonly tx_dropped: number
}

/**
 * What a container uses now, and the CPU sample before it.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container/operation/ContainerStats
 */
export interface ContainerStats {
  readonly name: string
  readonly id: string
  readonly read: string
  readonly preread: string
  readonly num_procs: number
  readonly pids_stats: { current?: number; limit?: number }
  readonly cpu_stats: CpuStats
  readonly precpu_stats: CpuStats
  readonly memory_stats: { usage?: number; max_usage?: number; limit?: number; failcnt?: number; stats?: Record<string, number> }
  readonly blkio_stats: {
    io_service_bytes_recursive:
      | readonly { readonly major: number; readonly minor: number; readonly op: string; readonly value: number }[]
      | null
  }
  readonly storage_stats: object
  readonly networks?: Record<string, NetworkStats>
}
