import type { LinuxResources } from '@ct/runtime-linux'
import type { ResourceSpec } from '../containers/container-spec.ts'

/** The period that a number of processors is counted in, in microseconds. */
const PERIOD_US = 100_000

/** The limits of a container in the words of the runtime spec; what is 0 or absent is no limit. */
export function containerResources(resources: ResourceSpec): LinuxResources {
  const { pidsLimit = 0 } = resources
  return {
    memory: memory(resources),
    cpu: cpu(resources),
    ...(pidsLimit > 0 && { pids: { limit: pidsLimit } }),
  }
}

function memory(resources: ResourceSpec): LinuxResources['memory'] {
  const { memoryBytes = 0, memorySwapBytes = 0, memoryReservationBytes = 0, oomKillDisable = false } = resources
  return {
    ...(memoryBytes > 0 && { limit: memoryBytes, swap: memorySwapBytes === 0 ? memoryBytes * 2 : memorySwapBytes }),
    ...(memoryReservationBytes > 0 && { reservation: memoryReservationBytes }),
    ...(oomKillDisable && { disableOOMKiller: true }),
  }
}

function cpu(resources: ResourceSpec): LinuxResources['cpu'] {
  const { cpuShares = 0, cpuQuotaUs = 0, cpuPeriodUs = 0, nanoCpus = 0, cpusetCpus = '', cpusetMems = '' } = resources
  const quota = nanoCpus > 0 ? Math.round((nanoCpus * PERIOD_US) / 1e9) : cpuQuotaUs
  const period = nanoCpus > 0 ? PERIOD_US : cpuPeriodUs
  return {
    ...(cpuShares > 0 && { shares: cpuShares }),
    ...(quota !== 0 && { quota }),
    ...(period > 0 && { period }),
    ...(cpusetCpus !== '' && { cpus: cpusetCpus }),
    ...(cpusetMems !== '' && { mems: cpusetMems }),
  }
}
