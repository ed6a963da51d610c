import type { LinuxResources } from './resources.ts'
import { bad, flag, int64, integer, list, oneOf, record, shape, text, uint64, unsupported } from './shape.ts'

const number = integer(-1, 0xffffffff)

const resourcesShape = shape(
  {},
  {
    devices: list(shape({ allow: flag }, { type: oneOf(['a', 'b', 'c', '']), major: number, minor: number, access: text })),
    memory: shape(
      {},
      { limit: int64, reservation: int64, swap: int64, swappiness: integer(0, 100), disableOOMKiller: flag, kernelTCP: unsupported },
    ),
    cpu: shape(
      {},
      {
        shares: uint64,
        quota: int64,
        period: uint64,
        burst: uint64,
        idle: integer(0, 1),
        cpus: text,
        mems: text,
        realtimeRuntime: unsupported,
        realtimePeriod: unsupported,
      },
    ),
    pids: shape({ limit: int64 }),
    blockIO: shape(
      {},
      {
        weight: integer(0, 1000),
        leafWeight: unsupported,
        weightDevice: unsupported,
        throttleReadBpsDevice: unsupported,
        throttleWriteBpsDevice: unsupported,
        throttleReadIOPSDevice: unsupported,
        throttleWriteIOPSDevice: unsupported,
      },
    ),
    hugepageLimits: unsupported,
    network: unsupported,
    rdma: unsupported,
    unified: record(text),
  },
)

/**
 * Checks the limits of a spec or of an update.
 * @throws RuntimeError RUNTIME_BAD_SPEC, RUNTIME_UNSUPPORTED.
 */
export function validateResources(value: unknown, path = 'resources'): LinuxResources {
  resourcesShape(value, path)
  const resources = value as LinuxResources
  resources.devices?.forEach(({ access }, index) => {
    if (access !== undefined && !/^[rwm]*$/.test(access)) throw bad(`${path}.devices[${index}].access`, 'some of r, w and m', access)
  })
  const { limit, swap } = resources.memory ?? {}
  if (limit && swap && limit > 0 && swap > 0 && swap < limit) throw bad(`${path}.memory.swap`, 'at least the memory limit', swap)
  for (const key of Object.keys(resources.unified ?? {})) {
    if (!/^[a-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(key)) throw bad(`${path}.unified["${key}"]`, 'named as a file of cgroup v2')
  }
  return resources
}
