import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { PortAllocator } from '../src/port-allocator.ts'
import type { PublishedPort } from '../src/published-port.ts'

const port = (hostPort: number, hostIp = '127.0.0.1'): PublishedPort => ({ protocol: 'tcp', containerPort: 80, hostIp, hostPort })

describe('a port allocator', () => {
  it('gives all ports back when one of them cannot be had', async () => {
    const ports = new PortAllocator()
    await expect(ports.allocate([port(34_500), port(34_500, '0.0.0.0')])).rejects.toMatchObject({ code: 'NETWORK_PORT_IN_USE' })
    expect(await ports.allocate([port(34_500, '0.0.0.0')])).toHaveLength(1)
  })

  it('lets two addresses have the same port, and two protocols', async () => {
    const ports = new PortAllocator()
    await ports.allocate([port(34_501), port(34_501, '127.0.0.2'), { ...port(34_501), protocol: 'udp' }])
    await expect(ports.allocate([port(34_501, '0.0.0.0')])).rejects.toMatchObject({ code: 'NETWORK_PORT_IN_USE' })
  })

  it('does not give the same port to two who ask at once', async () => {
    const ports = new PortAllocator()
    const results = await Promise.allSettled([ports.allocate([port(34_502)]), ports.allocate([port(34_502)])])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('knows the UDP ports of programs', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const busy = { ...port(socket.address().port), protocol: 'udp' } as const
    await expect(new PortAllocator().allocate([busy])).rejects.toMatchObject({ code: 'NETWORK_PORT_IN_USE' })
    socket.close()
  })

  it('says when no port is left to pick', async () => {
    const ports = new PortAllocator()
    ports.restore(Array.from({ length: 65_536 - 49_153 }, (_, i) => port(49_153 + i, '0.0.0.0')))
    await expect(ports.allocate([{ protocol: 'tcp', containerPort: 80 }])).rejects.toMatchObject({
      code: 'NETWORK_PORTS_EXHAUSTED',
      kind: 'exhausted',
    })
  })

  it.each([
    [{ containerPort: 0 }, 'NETWORK_PORT_INVALID'],
    [{ containerPort: 1.5 }, 'NETWORK_PORT_INVALID'],
    [{ hostPort: 65_536 }, 'NETWORK_PORT_INVALID'],
    [{ hostIp: 'localhost' }, 'NETWORK_ADDRESS_INVALID'],
    [{ hostIp: '198.51.100.1' }, 'NETWORK_ADDRESS_INVALID'],
  ])('refuses %j', async (change, code) => {
    await expect(new PortAllocator().allocate([{ ...port(34_503), ...change }])).rejects.toMatchObject({ code, kind: 'invalid' })
  })
})
