import type { LinuxResources } from './resources.ts'
import { bad, flag, int64, integer, list, nonEmpty, oneOf, record, type Shape, shape, text, uint32, uint64 } from './shape.ts'

const number = integer(-1, 0xffffffff)
/** 0 leaves a weight as it is. */
const weight = integer(0, 1000)
const device = { major: uint32, minor: uint32 }
const throttles = list(shape({ ...device, rate: uint64 }))

const memory = shape(
  {},
  {
    limit: int64,
    reservation: int64,
    swap: int64,
    swappiness: integer(0, 100),
    disableOOMKiller: flag,
    checkBeforeUpdate: flag,
    kernelTCP: int64,
  },
)

const cpu = shape(
  {},
  {
    shares: uint64,
    quota: int64,
    period: uint64,
    burst: uint64,
    idle: integer(0, 1),
    cpus: text,
    mems: text,
    realtimeRuntime: int64,
    realtimePeriod: uint64,
  },
)

const blockIO = shape(
  {},
  {
    weight,
    leafWeight: weight,
    weightDevice: list(shape(device, { weight, leafWeight: weight })),
    throttleReadBpsDevice: throttles,
    throttleWriteBpsDevice: throttles,
    throttleReadIOPSDevice: throttles,
    throttleWriteIOPSDevice: throttles,
  },
)

const resourcesShape = shape(
  {},
  {
    devices: list(shape({ allow: flag }, { type: oneOf(['a', 'b', 'c', '']), major: number, minor: number, access: text })),
    memory,
    cpu,
    pids: shape({ limit: int64 }),
    blockIO,
    hugepageLimits: list(shape({ pageSize, limit: uint64 })),
    network: shape({}, { classID: uint32, priorities: list(shape({ name: fileWord, priority: uint32 })) }),
    rdma: record(shape({}, { hcaHandles: uint32, hcaObjects: uint32 })),
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
  for (const name of Object.keys(resources.rdma ?? {})) fileWord(name, `${path}.rdma["${name}"]`)
  return resources
}

/** Part of a file's name, so checked to be nothing else. */
function pageSize(value: unknown, path: string): void {
  text(value, path)
  if (!/^[1-9]\d{0,9}[KMG]B$/.test(value)) throw bad(path, 'a size such as 2MB', value)
}

/** A name in a line of a cgroup's file. */
function fileWord(...[value, path]: Parameters<Shape>): void {
  nonEmpty(value, path)
  if (/\s/.test(String(value))) throw bad(path, 'a name without white space', value)
}
