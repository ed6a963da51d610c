import type { ContainerSummary } from '@ct/api'
import { describe, expect, it } from 'vitest'
import { containerColumns, formatPorts, pairs } from '../../src/container/container-rows.ts'

const row: ContainerSummary = {
  Id: 'a'.repeat(64),
  Names: ['/web', '/other/alias'],
  Image: `sha256:${'b'.repeat(64)}`,
  ImageID: `sha256:${'b'.repeat(64)}`,
  Command: 'sh -c "a very long command line"',
  Created: Math.floor(Date.now() / 1000) - 3 * 3600,
  Ports: [{ PrivatePort: 80, Type: 'tcp' }],
  SizeRw: 1000,
  SizeRootFs: 2_000_000,
  Labels: { a: '1', b: '2' },
  State: 'running',
  Status: 'Up 3 hours',
  HostConfig: { NetworkMode: 'bridge' },
  NetworkSettings: { Networks: { bridge: {} } },
  Mounts: [
    {
      Type: 'volume',
      Name: 'a-volume-with-a-long-name',
      Source: '',
      Destination: '/x',
      Driver: 'local',
      Mode: '',
      RW: true,
      Propagation: '',
    },
  ],
}

describe('containerColumns', () => {
  const values = (noTrunc: boolean): Record<string, string> =>
    Object.fromEntries(containerColumns({ noTrunc, size: true }).map(({ field, value }) => [field, value(row)]))

  it('shortens as docker does', () => {
    expect(values(false)).toMatchObject({
      ID: 'aaaaaaaaaaaa',
      Image: 'bbbbbbbbbbbb',
      Command: '"sh -c \\"a very long …"',
      RunningFor: '3 hours ago',
      Names: 'web',
      Size: '1kB (virtual 2MB)',
      Labels: 'a=1,b=2',
      Mounts: 'a-volume-with-…',
      LocalVolumes: '1',
      Networks: 'bridge',
    })
  })

  it('shows everything when asked', () => {
    expect(values(true)).toMatchObject({
      ID: row.Id,
      Image: row.Image,
      Command: JSON.stringify(row.Command),
      Mounts: 'a-volume-with-a-long-name',
    })
  })
})

describe('formatPorts', () => {
  it('sorts, and brackets IPv6', () => {
    const ports = [
      { PrivatePort: 443, Type: 'tcp' as const },
      { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' as const },
      { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' as const },
    ]
    expect(formatPorts(ports)).toBe('0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 443/tcp')
  })
})

it('labels that are not there are no text', () => {
  expect(pairs(null)).toBe('')
})
