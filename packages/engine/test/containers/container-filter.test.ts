import { describe, expect, it } from 'vitest'
import { matchesContainer } from '../../src/containers/container-filter.ts'
import type { ContainerRecord } from '../../src/containers/container-record.ts'
import { resolveSpec } from '../../src/containers/resolve-spec.ts'

const spec = resolveSpec(
  {
    image: 'debian',
    command: ['true'],
    labels: { tier: 'front', empty: '' },
    network: { mode: 'bridge', ports: [{ protocol: 'tcp', containerPort: 80, hostPort: 8080 }], exposedPorts: ['53/udp'] },
  },
  {},
  'host',
)
const record = {
  id: 'abc123',
  name: 'web',
  createdAt: '2024-01-02T00:00:00Z',
  imageId: 'sha256:1',
  spec,
  state: { status: 'exited', exitCode: 3 },
  mounts: [{ type: 'volume', name: 'store', target: '/data' }],
} as unknown as ContainerRecord

describe('matchesContainer', () => {
  it.each([
    [{}, true],
    [{ id: ['abc'] }, true],
    [{ id: ['bc'] }, false],
    [{ name: ['we'] }, true],
    [{ name: ['^/web$'] }, true],
    [{ name: ['(unfinished'] }, false],
    [{ name: ['other', 'web'] }, true],
    [{ label: ['tier=front', 'empty'] }, true],
    [{ label: ['tier=front', 'none'] }, false],
    [{ status: ['running', 'exited'] }, true],
    [{ status: ['running'] }, false],
    [{ exited: ['3'] }, true],
    [{ exited: ['0'] }, false],
    [{ ancestor: ['debian'] }, true],
    [{ network: ['bridge'] }, true],
    [{ volume: ['store'] }, true],
    [{ volume: ['/data'] }, true],
    [{ volume: ['/other'] }, false],
    [{ publish: ['8080'] }, true],
    [{ publish: ['8000-8100/tcp'] }, true],
    [{ publish: ['8080/udp'] }, false],
    [{ expose: ['53/udp'] }, true],
    [{ expose: ['80'] }, true],
  ])('%j is %s', (filters, matches) => {
    expect(matchesContainer(record, filters, { ancestors: new Set(['sha256:1']) })).toBe(matches)
  })

  it('compares times of creation', () => {
    const facts = { ancestors: new Set<string>() }
    expect(matchesContainer(record, {}, { ...facts, before: '2024-01-01T00:00:00Z' })).toBe(false)
    expect(matchesContainer(record, {}, { ...facts, since: '2024-01-01T00:00:00Z' })).toBe(true)
  })

  it('refuses a status that there is not', () => {
    expect(() => matchesContainer(record, { status: ['up'] }, { ancestors: new Set() })).toThrow(
      expect.objectContaining({ code: 'ENGINE_INVALID' }),
    )
  })
})
