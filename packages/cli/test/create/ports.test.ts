import { describe, expect, it } from 'vitest'
import { parsePorts } from '../../src/create/ports.ts'

describe('parsePorts', () => {
  it.each([
    ['80', { '80/tcp': [{ HostIp: '', HostPort: '' }] }],
    ['8080:80', { '80/tcp': [{ HostIp: '', HostPort: '8080' }] }],
    ['53:53/udp', { '53/udp': [{ HostIp: '', HostPort: '53' }] }],
    ['127.0.0.1:8080:80', { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] }],
    ['127.0.0.1::80', { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] }],
    ['127.0.0.1:0:80', { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '0' }] }],
    ['[::1]:8080:80', { '80/tcp': [{ HostIp: '::1', HostPort: '8080' }] }],
    ['8000-8001:80-81', { '80/tcp': [{ HostIp: '', HostPort: '8000' }], '81/tcp': [{ HostIp: '', HostPort: '8001' }] }],
    ['8000-8005:80', { '80/tcp': [{ HostIp: '', HostPort: '8000-8005' }] }],
  ])('publishes %s', (text, bindings) => {
    const ports = parsePorts([text], [])
    expect(ports.bindings).toEqual(bindings)
    expect(Object.keys(ports.exposed)).toEqual(Object.keys(bindings))
  })

  it('publishes one port twice, and exposes ranges', () => {
    const { bindings, exposed } = parsePorts(['1:80', '2:80'], ['90-91', '92/udp'])
    expect(bindings['80/tcp']).toHaveLength(2)
    expect(Object.keys(exposed)).toEqual(['90/tcp', '91/tcp', '92/udp', '80/tcp'])
  })

  it.each(['', 'x', '99999', '80/icmp', '1-3:80-81', '300.0.0.1:1:80', '5-3'])('refuses %j', (text) => {
    expect(() => parsePorts([text], [])).toThrow(expect.objectContaining({ code: 'CLI_BAD_FLAG', exitCode: 125 }))
  })
})
