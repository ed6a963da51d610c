import { describe, expect, it } from 'vitest'
import { type DeviceLine, deviceLines } from '../../src/cgroups/device-rules.ts'
import { limitsV1 } from '../../src/cgroups/limits-v1.ts'
import { limitsV2, sharesToWeight } from '../../src/cgroups/limits-v2.ts'
import type { LinuxResources } from '../../src/index.ts'

const files = (limits: readonly { file: string; value: string }[]) => Object.fromEntries(limits.map(({ file, value }) => [file, value]))

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
    [{ cpu: { quota: 50_000 } }, { 'cpu.cfs_quota_us': '50000' }, { 'cpu.max': '50000 100000' }],
    [{ cpu: { quota: -1, period: 1000 } }, { 'cpu.cfs_period_us': '1000', 'cpu.cfs_quota_us': '-1' }, { 'cpu.max': 'max 1000' }],
    [{ cpu: { cpus: '0-1', mems: '0' } }, { 'cpuset.cpus': '0-1', 'cpuset.mems': '0' }, { 'cpuset.cpus': '0-1', 'cpuset.mems': '0' }],
    [{ cpu: { burst: 5, idle: 1 } }, { 'cpu.cfs_burst_us': '5', 'cpu.idle': '1' }, { 'cpu.idle': '1', 'cpu.max.burst': '5' }],
    [{ pids: { limit: 7 } }, { 'pids.max': '7' }, { 'pids.max': '7' }],
    [{ pids: { limit: -1 } }, { 'pids.max': 'max' }, { 'pids.max': 'max' }],
    [{ blockIO: { weight: 500 } }, { 'blkio.weight': '500' }, { 'io.bfq.weight': '500' }],
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
    expect(() => limitsV2({ memory: { swap: 10 } })).toThrow(expect.objectContaining({ code: 'RUNTIME_BAD_SPEC' }))
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
