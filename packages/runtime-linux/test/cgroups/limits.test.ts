import { describe, expect, it } from 'vitest'
import { type DeviceLine, deviceLines } from '../../src/cgroups/device-rules.ts'
import type { Limit } from '../../src/cgroups/limits.ts'
import { limitsV1 } from '../../src/cgroups/limits-v1.ts'
import { limitsV2, sharesToWeight } from '../../src/cgroups/limits-v2.ts'
import type { LinuxResources } from '../../src/index.ts'

/** The limits as the cgroup gets them, in which `cpu.max` and `memory.max` are as here. */
function files(limits: readonly Limit[]): Record<string, string> {
  const present = (file: string) => (file === 'cpu.max' ? '20000 100000' : '1000')
  return Object.fromEntries(limits.map(({ file, value }) => [file, typeof value === 'string' ? value : value(present)]))
}

describe('limits as files', () => {
  const rows: [resources: LinuxResources, v1: Record<string, string>, v2: Record<string, string>][] = [
    [{}, {}, {}],
    [
      { memory: { limit: 100, swap: 250, reservation: 50 } },
      { 'memory.limit_in_bytes': '100', 'memory.memsw.limit_in_bytes': '250', 'memory.soft_limit_in_bytes': '50' },
      { 'memory.swap.max': '150', 'memory.max': '100', 'memory.low': '50' },
    ],
    [
      { memory: { limit: -1 } },
      { 'memory.limit_in_bytes': '-1', 'memory.memsw.limit_in_bytes': '-1' },
      { 'memory.swap.max': 'max', 'memory.max': 'max' },
    ],
    [
      { memory: { limit: 100, swap: -1 } },
      { 'memory.limit_in_bytes': '100', 'memory.memsw.limit_in_bytes': '-1' },
      { 'memory.swap.max': 'max', 'memory.max': '100' },
    ],
    [{ memory: { swappiness: 0, disableOOMKiller: true } }, { 'memory.swappiness': '0', 'memory.oom_control': '1' }, {}],
    [{ memory: { disableOOMKiller: false } }, {}, {}],
    [{ cpu: { shares: 1024 } }, { 'cpu.shares': '1024' }, { 'cpu.weight': '39' }],
    [{ cpu: { quota: 50_000 } }, { 'cpu.cfs_quota_us': '50000' }, { 'cpu.max': '50000' }],
    [{ cpu: { quota: -1, period: 1000 } }, { 'cpu.cfs_period_us': '1000', 'cpu.cfs_quota_us': '-1' }, { 'cpu.max': 'max 1000' }],
    [{ cpu: { period: 1000 } }, { 'cpu.cfs_period_us': '1000' }, { 'cpu.max': '20000 1000' }],
    [{ memory: { swap: 1500 } }, { 'memory.memsw.limit_in_bytes': '1500' }, { 'memory.swap.max': '500' }],
    [{ cpu: { cpus: '0-1', mems: '0' } }, { 'cpuset.cpus': '0-1', 'cpuset.mems': '0' }, { 'cpuset.cpus': '0-1', 'cpuset.mems': '0' }],
    [{ cpu: { burst: 5, idle: 1 } }, { 'cpu.cfs_burst_us': '5', 'cpu.idle': '1' }, { 'cpu.idle': '1', 'cpu.max.burst': '5' }],
    [{ pids: { limit: 7 } }, { 'pids.max': '7' }, { 'pids.max': '7' }],
    [{ pids: { limit: -1 } }, { 'pids.max': 'max' }, { 'pids.max': 'max' }],
    [{ blockIO: { weight: 500 } }, { 'blkio.weight': '500' }, { 'io.bfq.weight': '500' }],
    [
      { blockIO: { weightDevice: [{ major: 8, minor: 1, weight: 20 }] } },
      { 'blkio.weight_device': '8:1 20' },
      { 'io.bfq.weight': '8:1 20' },
    ],
    [
      { blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 100 }] } },
      { 'blkio.throttle.read_bps_device': '8:0 100' },
      { 'io.max': '8:0 rbps=100' },
    ],
    [
      { blockIO: { throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 0 }] } },
      { 'blkio.throttle.write_iops_device': '8:0 0' },
      { 'io.max': '8:0 wiops=max' },
    ],
    [
      { hugepageLimits: [{ pageSize: '2MB', limit: 4 }] },
      { 'hugetlb.2MB.limit_in_bytes': '4', 'hugetlb.2MB.rsvd.limit_in_bytes': '4' },
      { 'hugetlb.2MB.max': '4', 'hugetlb.2MB.rsvd.max': '4' },
    ],
    [{ rdma: { mlx: { hcaHandles: 2 } } }, { 'rdma.max': 'mlx hca_handle=2' }, { 'rdma.max': 'mlx hca_handle=2' }],
  ]
  it.each(rows)('%j', (resources, v1, v2) => {
    expect(files(limitsV1(resources))).toEqual(v1)
    expect(files(limitsV2(resources))).toEqual(v2)
  })

  it.each([
    [2, 1],
    [1024, 39],
    [262144, 10000],
    [0, 1],
    [999_999, 10000],
  ])('%i shares weigh %i', (shares, weight) => {
    expect(sharesToWeight(shares)).toBe(weight)
  })

  it('takes files of version 2 on version 2 only', () => {
    const resources = { unified: { 'memory.high': '10' } }
    expect(files(limitsV2(resources))).toEqual({ 'memory.high': '10' })
    expect(() => limitsV1(resources)).toThrow(expect.objectContaining({ code: 'RUNTIME_UNSUPPORTED' }))
    expect(limitsV1({ unified: {} })).toEqual([])
  })

  it('needs a memory limit for a swap limit on version 2', () => {
    expect(() => files(limitsV2({ memory: { swap: 10 } }))).toThrow(expect.objectContaining({ code: 'RUNTIME_BAD_SPEC' }))
  })

  it('takes several lines for one file of version 2', () => {
    const limits = limitsV2({ unified: { 'io.max': '8:0 rbps=1\n8:16 rbps=2' } })
    expect(limits.map(({ value }) => value)).toEqual(['8:0 rbps=1', '8:16 rbps=2'])
  })

  const onlyVersion1: [resources: LinuxResources, file: string][] = [
    [{ memory: { kernelTCP: 5 } }, 'memory.kmem.tcp.limit_in_bytes'],
    [{ cpu: { realtimeRuntime: 5 } }, 'cpu.rt_runtime_us'],
    [{ cpu: { realtimePeriod: 5 } }, 'cpu.rt_period_us'],
    [{ blockIO: { leafWeight: 20 } }, 'blkio.leaf_weight'],
    [{ blockIO: { weightDevice: [{ major: 1, minor: 2, leafWeight: 20 }] } }, 'blkio.leaf_weight_device'],
    [{ network: { classID: 5 } }, 'net_cls.classid'],
    [{ network: { priorities: [{ name: 'lo', priority: 3 }] } }, 'net_prio.ifpriomap'],
  ]
  it.each(onlyVersion1)('%j is a limit of version 1 alone', (resources, file) => {
    expect(Object.keys(files(limitsV1(resources)))).toEqual([file])
    expect(() => limitsV2(resources)).toThrow(expect.objectContaining({ code: 'RUNTIME_UNSUPPORTED' }))
  })
})

describe('device rules', () => {
  const allow = (line: string): DeviceLine => ({ file: 'devices.allow', line })
  const deny = (line: string): DeviceLine => ({ file: 'devices.deny', line })

  it('deny everything first and always allow what every container has', () => {
    const lines = deviceLines([
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
    ])
    expect(lines.slice(0, 2)).toEqual([deny('a'), allow('c 10:229 rw')])
    expect(lines).toContainEqual(allow('c 1:3 rwm'))
    expect(lines).toContainEqual(allow('c 136:* rwm'))
    expect(deviceLines()).toEqual(deviceLines([{ allow: false }]))
  })

  it('allow everything with one line, and exceptions with one more each', () => {
    expect(deviceLines([{ allow: true, access: 'rwm' }])).toEqual([allow('a')])
    expect(deviceLines([{ allow: false }, { allow: true }, { allow: false, type: 'b', major: 8 }])).toEqual([allow('a'), deny('b 8:* rwm')])
  })
})
