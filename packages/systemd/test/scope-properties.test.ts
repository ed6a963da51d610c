import { describe, expect, it } from 'vitest'
import { type ScopeResources, scopeProperties } from '../src/scope-properties.ts'

const INFINITY = 2n ** 64n - 1n

describe('limits as properties', () => {
  const rows: [resources: ScopeResources, properties: [string, string, unknown][]][] = [
    [{}, []],
    [
      { memory: { limit: 1 << 20, reservation: 4096 } },
      [
        ['MemoryMax', 't', 1n << 20n],
        ['MemoryLow', 't', 4096n],
      ],
    ],
    [
      { memory: { limit: 100, swap: 300 } },
      [
        ['MemoryMax', 't', 100n],
        ['MemorySwapMax', 't', 200n],
      ],
    ],
    [
      { memory: { limit: -1 } },
      [
        ['MemoryMax', 't', INFINITY],
        ['MemorySwapMax', 't', INFINITY],
      ],
    ],
    [{ cpu: { shares: 1024 } }, [['CPUWeight', 't', 39n]]],
    [{ cpu: { idle: 1 } }, [['CPUWeight', 't', 0n]]],
    [{ cpu: { quota: 50_000 } }, [['CPUQuotaPerSecUSec', 't', 500_000n]]],
    [
      { cpu: { quota: 33_333, period: 50_000 } },
      [
        ['CPUQuotaPeriodUSec', 't', 50_000n],
        ['CPUQuotaPerSecUSec', 't', 670_000n],
      ],
    ],
    [{ cpu: { quota: -1 } }, [['CPUQuotaPerSecUSec', 't', INFINITY]]],
    [
      { cpu: { cpus: '0-1,9', mems: '0' } },
      [
        ['AllowedCPUs', 'ay', [3, 2]],
        ['AllowedMemoryNodes', 'ay', [1]],
      ],
    ],
    [{ pids: { limit: 7 } }, [['TasksMax', 't', 7n]]],
    [{ pids: { limit: -1 } }, [['TasksMax', 't', INFINITY]]],
    [{ blockIO: { weight: 500 } }, [['IOWeight', 't', 4950n]]],
    [
      { unified: { 'memory.high': '4096', 'cpu.max': '20000 100000', 'pids.max': 'max', 'io.max': '8:0 rbps=1' } },
      [
        ['MemoryHigh', 't', 4096n],
        ['CPUQuotaPeriodUSec', 't', 100_000n],
        ['CPUQuotaPerSecUSec', 't', 200_000n],
        ['TasksMax', 't', INFINITY],
      ],
    ],
  ]
  it.each(rows)('%j', (resources, properties) => {
    expect(scopeProperties(resources)).toEqual(properties)
  })

  it('are those of version 1 where it has the controllers, which knows neither swap nor cpusets', () => {
    const resources = {
      memory: { limit: 1 << 20, swap: 1 << 21, reservation: 4096 },
      cpu: { shares: 1, quota: 50_000, period: 100_000, cpus: '0', mems: '0' },
      pids: { limit: 7 },
      blockIO: { weight: 500 },
    }
    expect(scopeProperties(resources, { version: 1 })).toEqual([
      ['MemoryLimit', 't', 1n << 20n],
      ['CPUShares', 't', 2n],
      ['CPUQuotaPeriodUSec', 't', 100_000n],
      ['CPUQuotaPerSecUSec', 't', 500_000n],
      ['BlockIOWeight', 't', 500n],
      ['TasksMax', 't', 7n],
    ])
    expect(scopeProperties({ memory: { limit: -1 }, pids: { limit: 0 } }, { version: 1 })).toEqual([
      ['MemoryLimit', 't', INFINITY],
      ['TasksMax', 't', INFINITY],
    ])
  })
})
