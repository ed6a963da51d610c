import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually, TestEngine } from '../test-engine.ts'

let test: TestEngine
beforeEach(async () => {
  test = await TestEngine.start()
})
afterEach(async () => {
  const { bridge } = (await test.engine.networks.list()).find(({ name }) => name === 'bridge') ?? { bridge: '' }
  await test[Symbol.asyncDispose]()
  expect(Object.keys(networkInterfaces())).not.toContain(bridge || 'none')
})

const bridge = { mode: 'bridge' } as const

function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    createConnection({ port, host: '127.0.0.1' })
      .on('data', (chunk) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks).toString()))
      .on('error', reject)
  })
}

describe('the bridge network', () => {
  it('gives addresses, and names to find each other by', async () => {
    const one = await test.start(['sleep', '60'], { network: bridge, hostname: 'alpha' })
    const two = await test.start(['sleep', '60'], { network: { ...bridge, aliases: ['second'] } })
    const { network, name } = test.engine.containers.get(one)
    expect((await test.exec(two, ['sh', '-c', `ping -c 1 -w 5 ${name} && ping -c 1 -w 5 alpha`])).exitCode).toBe(0)
    expect((await test.exec(one, ['ping', '-c', '1', '-w', '5', 'second'])).exitCode).toBe(0)
    const [first] = (await test.engine.networks.get('bridge')).endpoints.filter(({ containerId }) => containerId === one)
    expect(first).toMatchObject({ ipAddress: network.ipAddress, macAddress: network.macAddress })
    await test.engine.containers.rename(one, 'renamed')
    expect((await test.exec(two, ['grep', '-c', 'renamed', '/etc/hosts'])).stdout).toBe('1\n')
    await test.engine.containers.remove(one, { force: true })
    await eventually(async () => (await test.exec(two, ['grep', 'renamed', '/etc/hosts'])).exitCode === 1)
    expect(test.engine.containers.get(two).network.ipAddress).not.toBe('')
  })

  it('publishes a port on the host, and gives it back', async () => {
    const ports = [{ protocol: 'tcp', containerPort: 8080, hostIp: '127.0.0.1' } as const]
    const id = await test.start(['sh', '-c', 'while :; do echo served | nc -l -p 8080; done'], { network: { ...bridge, ports } })
    const [published] = test.engine.containers.get(id).network.ports
    expect(published).toMatchObject({ containerPort: 8080, hostPort: expect.any(Number) })
    await eventually(async () => (await ask(published?.hostPort ?? 0).catch(() => '')) === 'served\n')
    const again = [{ protocol: 'tcp', containerPort: 8080, hostIp: '127.0.0.1', hostPort: published?.hostPort } as const]
    const second = await test.create(['true'], { network: { ...bridge, ports: again } })
    await expect(test.engine.containers.start(second.id)).rejects.toMatchObject({ code: 'NETWORK_PORT_IN_USE' })
    await test.engine.containers.remove(id, { force: true })
    await test.engine.containers.start(second.id)
    expect(await test.engine.containers.wait(second.id)).toEqual({ exitCode: 0 })
  })

  it('keeps the address of a container over a new engine', async () => {
    const id = await test.start(['sleep', '60'], { network: bridge })
    const before = test.engine.containers.get(id).network
    await test.reopen()
    expect(test.engine.containers.get(id).network).toEqual(before)
    const other = await test.start(['sleep', '60'], { network: bridge })
    expect((await test.exec(other, ['ping', '-c', '1', '-w', '5', before.ipAddress])).exitCode).toBe(0)
  })
})

describe('other networks', () => {
  it("is the host's, with its names", async () => {
    const { stdout } = await test.run(['sh', '-c', 'readlink /proc/self/ns/net; cat /etc/hosts'], { network: { mode: 'host' } })
    expect(stdout).toContain(readFileSync('/etc/hosts', 'utf8').trim().split('\n')[0] ?? '')
  })

  it('is that of another container, while that runs', async () => {
    const id = await test.start(['sleep', '60'], { network: bridge })
    const { network, name } = test.engine.containers.get(id)
    const { stdout } = await test.run(['sh', '-c', 'ip -4 -o addr show eth0; hostname -i'], { network: { mode: `container:${name}` } })
    expect(stdout).toContain(network.ipAddress)
    const { id: joining } = await test.create(['true'], { network: { mode: `container:${id}` } })
    await test.engine.containers.stop(id, { timeoutSeconds: 0 })
    await expect(test.engine.containers.start(joining)).rejects.toMatchObject({ code: 'ENGINE_NOT_RUNNING' })
  })

  it('is one of three', async () => {
    expect((await test.engine.networks.list()).map(({ name, driver }) => [name, driver])).toEqual([
      ['bridge', 'bridge'],
      ['host', 'host'],
      ['none', 'null'],
    ])
    await expect(test.engine.networks.get('other')).rejects.toMatchObject({ code: 'ENGINE_NO_NETWORK' })
    await expect(test.create(['true'], { network: { mode: 'other' } })).rejects.toMatchObject({
      code: 'ENGINE_NO_NETWORK',
      kind: 'not-found',
    })
  })

  it('gets the name servers and hosts that it is told', async () => {
    const { stdout } = await test.run(['cat', '/etc/resolv.conf', '/etc/hosts'], {
      network: { mode: 'none', dns: ['192.0.2.1'], dnsSearch: ['example.org'], extraHosts: ['db:192.0.2.7'] },
    })
    expect(stdout).toContain('nameserver 192.0.2.1\nsearch example.org\n')
    expect(stdout).toContain('192.0.2.7\tdb\n')
  })
})
