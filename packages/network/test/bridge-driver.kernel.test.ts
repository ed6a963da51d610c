import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { hasErrno } from '@ct/errors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AttachOptions, BridgeDriver, bringUpLoopback, type Endpoint } from '../src/index.ts'

const name = `ctt${process.pid}`
const table = `ct-${name}`
let stateDirectory: string
let driver: BridgeDriver
let children: ChildProcess[]

beforeEach(async () => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'ct-network-'))
  children = []
  driver = await BridgeDriver.open({ stateDirectory, name })
})

afterEach(async () => {
  await driver.destroy()
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
  expect(run('ip', '-br', 'link')).not.toContain(name)
  expect(run('nft', 'list', 'tables')).not.toContain(table)
  expect(readdirSync(stateDirectory)).toEqual([])
  rmSync(stateDirectory, { recursive: true })
})

const run = (command: string, ...args: string[]): string => execFileSync(command, args, { encoding: 'utf8' })
const inside = (pid: number, ...args: string[]): string => run('nsenter', '-t', String(pid), '-n', ...args)

/** A process with a network namespace of its own. */
async function container(): Promise<number> {
  const child = spawn('unshare', ['-n', 'sleep', 'infinity'], { stdio: 'ignore' })
  children.push(child)
  const { pid = 0 } = child
  while (readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net')) await sleep(5)
  return pid
}

/** A server in a container that answers every connection (or datagram) with the peer's address, once it listens. */
async function serve(pid: number, port: number, protocol: 'tcp' | 'udp' = 'tcp'): Promise<void> {
  const script = {
    tcp: `require('net').createServer(s => s.end(s.remoteAddress)).listen(${port}, '0.0.0.0', () => console.log('ready'))`,
    udp: `const s = require('dgram').createSocket('udp4').on('message', (m, r) => s.send(r.address, r.port, r.address)).bind(${port}, () => console.log('ready'))`,
  }
  const child = spawn('nsenter', ['-t', String(pid), '-n', process.execPath, '-e', script[protocol]], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await once(child.stdout, 'data')
}

async function read(socket: Socket): Promise<string> {
  socket.setTimeout(3000, () => socket.destroy(new Error('timed out')))
  const chunks = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** What a server at this address answers to the host. */
const ask = (host: string, port: number): Promise<string> => read(connect({ host, port }))

/** What a server at this address answers to a process in a container. */
async function askFrom(pid: number, host: string, port: number): Promise<string> {
  const script = `const s = require('net').connect(${port}, '${host}'); s.setTimeout(2000, () => process.exit(1)); s.pipe(process.stdout)`
  const { stdout } = await promisify(execFile)('nsenter', ['-t', String(pid), '-n', process.execPath, '-e', script])
  return stdout
}

const attach = async (pid: number, o: Partial<AttachOptions> = {}): Promise<Endpoint> =>
  driver.attach({ containerId: `container-${pid}`, pid, ports: [], ...o })

const outsideAddress = (): string =>
  Object.entries(networkInterfaces())
    .flatMap(([device, list]) => (device === 'lo' || device.startsWith('ctt') ? [] : (list ?? [])))
    .find(({ family }) => family === 'IPv4')?.address ?? ''

describe('an attached container', () => {
  it('has eth0 with its address and MAC, a default route, and loopback up', async () => {
    const pid = await container()
    const endpoint = await attach(pid)
    expect(endpoint.gateway).toBe(driver.info.gateway)
    const [link] = JSON.parse(inside(pid, 'ip', '-j', 'addr', 'show', 'eth0'))
    expect(link).toMatchObject({ address: endpoint.macAddress, mtu: driver.info.mtu })
    expect(link.flags).toContain('LOWER_UP')
    expect(link.addr_info).toContainEqual(expect.objectContaining({ local: endpoint.ipAddress, prefixlen: 16 }))
    expect(JSON.parse(inside(pid, 'ip', '-j', 'route', 'show', 'default'))).toMatchObject([{ gateway: endpoint.gateway, dev: 'eth0' }])
    expect(inside(pid, 'ip', '-br', 'addr', 'show', 'lo')).toContain('127.0.0.1/8')
  })

  it('reaches the host and other containers, and they reach it', async () => {
    const [a, b] = [await container(), await container()]
    const [one, other] = [await attach(a), await attach(b)]
    await serve(b, 80)
    expect(await askFrom(a, other.ipAddress, 80)).toBe(one.ipAddress)
    expect(await ask(other.ipAddress, 80)).toBe(driver.info.gateway)
    const server = createServer((socket) => socket.end(`${socket.remoteAddress}`)).listen(0, driver.info.gateway)
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    expect(await askFrom(a, driver.info.gateway, port)).toBe(one.ipAddress)
    server.close()
  })

  it('takes the address and the MAC that are asked for, and refuses those that cannot be', async () => {
    const pid = await container()
    const ipAddress = driver.info.gateway.replace(/\.1$/, '.77')
    const endpoint = await attach(pid, { ipAddress, macAddress: '02:00:00:00:00:01' })
    expect(endpoint).toMatchObject({ ipAddress, macAddress: '02:00:00:00:00:01' })
    expect(inside(pid, 'ip', 'link', 'show', 'eth0')).toContain('02:00:00:00:00:01')
    await expect(attach(pid)).rejects.toMatchObject({ code: 'NETWORK_ENDPOINT_EXISTS' })
    await expect(attach(pid, { containerId: 'b', ipAddress })).rejects.toMatchObject({ code: 'NETWORK_ADDRESS_IN_USE' })
    await expect(attach(pid, { containerId: 'b', ipAddress: '8.8.8.8' })).rejects.toMatchObject({ code: 'NETWORK_ADDRESS_INVALID' })
    for (const bad of ['x', '01:00:5e:00:00:01', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00'])
      await expect(attach(pid, { containerId: 'b', macAddress: bad })).rejects.toMatchObject({ code: 'NETWORK_ADDRESS_INVALID' })
  })

  it('leaves nothing behind when it cannot be attached', async () => {
    const port = { protocol: 'tcp', containerPort: 80 } as const
    await expect(attach(999_999_999, { ports: [port] })).rejects.toMatchObject({ code: 'NETWORK_SETUP_FAILED' })
    expect(driver.endpoint('container-999999999')).toBeUndefined()
    expect(run('nft', 'list', 'map', 'ip', table, 'ports')).not.toContain('elements')
    expect((await attach(await container())).ipAddress).toMatch(/\.3$/)
  })

  it('is attached within milliseconds', async () => {
    const pids = []
    for (let i = 0; i < 10; i++) pids.push(await container())
    const times = []
    for (const pid of pids) {
      const from = performance.now()
      await attach(pid, { ports: [{ protocol: 'tcp', containerPort: 80 }] })
      times.push(performance.now() - from)
    }
    const median = times.sort((x, y) => x - y)[5] ?? 0
    expect(median).toBeLessThan(60) // 4 ms on an idle machine; the bound is for a busy one
  })
})

describe('a published port', () => {
  it('is reached through every address of the host, 127.0.0.1 included', async () => {
    const pid = await container()
    await serve(pid, 80)
    const { ports } = await attach(pid, { ports: [{ protocol: 'tcp', containerPort: 80, hostPort: 34_080 }] })
    expect(ports).toEqual([{ protocol: 'tcp', containerPort: 80, hostIp: '0.0.0.0', hostPort: 34_080 }])
    for (const address of ['127.0.0.1', '127.0.0.5', driver.info.gateway, outsideAddress()])
      expect([driver.info.gateway, address], address).toContain(await ask(address, 34_080))
  })

  it('on one address of the host is not on another', async () => {
    const pid = await container()
    await serve(pid, 80)
    await attach(pid, { ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '127.0.0.1', hostPort: 34_081 }] })
    expect(await ask('127.0.0.1', 34_081)).toBe(driver.info.gateway)
    await expect(ask(driver.info.gateway, 34_081)).rejects.toSatisfy((error) => hasErrno(error, 'ECONNREFUSED'))
  })

  it('is reached by another container, and by the same one, through the host', async () => {
    const [a, b] = [await container(), await container()]
    await serve(b, 80)
    await attach(a)
    await attach(b, { ports: [{ protocol: 'tcp', containerPort: 80, hostPort: 34_082 }] })
    for (const pid of [a, b]) expect(await askFrom(pid, outsideAddress(), 34_082)).toBe(driver.info.gateway)
  })

  it('may be of UDP', async () => {
    const pid = await container()
    await serve(pid, 53, 'udp')
    await attach(pid, { ports: [{ protocol: 'udp', containerPort: 53, hostPort: 34_053 }] })
    const script = `const s = require('dgram').createSocket('udp4').on('message', (m) => { console.log(String(m)); s.close() }); s.send('x', 34053, '127.0.0.1')`
    expect(run(process.execPath, '-e', script).trim()).toBe(driver.info.gateway)
  })

  it('is picked from 49153 on when none is named, past those in use', async () => {
    const server = createServer().listen(49_153, '0.0.0.0')
    await once(server, 'listening')
    const ports = [8080, 8081].map((containerPort) => ({ protocol: 'tcp', containerPort }) as const)
    const endpoint = await attach(await container(), { ports })
    expect(endpoint.ports.map(({ hostPort }) => hostPort)).toEqual([49_154, 49_155])
    server.close()
  })

  it('is refused when a program of the host or another container has it', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port: hostPort } = server.address() as { port: number }
    const tcp = { protocol: 'tcp', containerPort: 80 } as const
    const pid = await container()
    await expect(attach(pid, { ports: [{ ...tcp, hostPort }] })).rejects.toMatchObject({ code: 'NETWORK_PORT_IN_USE', kind: 'conflict' })
    server.close()
    await attach(pid, { ports: [{ ...tcp, hostIp: '127.0.0.1', hostPort: 34_083 }] })
    const second = { containerId: 'second', pid }
    await expect(attach(pid, { ...second, ports: [{ ...tcp, hostPort: 34_083 }] })).rejects.toMatchObject({ code: 'NETWORK_PORT_IN_USE' })
    await expect(attach(pid, { ...second, ports: [{ ...tcp, hostIp: '8.8.8.8', hostPort: 1 }] })).rejects.toMatchObject({
      code: 'NETWORK_ADDRESS_INVALID',
    })
    await expect(attach(pid, { ...second, ports: [{ ...tcp, hostPort: 70_000 }] })).rejects.toMatchObject({ code: 'NETWORK_PORT_INVALID' })
    await driver.detach(`container-${pid}`)
    await attach(await container(), { ports: [{ ...tcp, hostPort: 34_083 }] })
  })

  it('is gone after detaching, with the interface', async () => {
    const pid = await container()
    await serve(pid, 80)
    const { ipAddress } = await attach(pid, { ports: [{ protocol: 'tcp', containerPort: 80, hostPort: 34_084 }] })
    await driver.detach(`container-${pid}`)
    await driver.detach(`container-${pid}`)
    await expect(ask('127.0.0.1', 34_084)).rejects.toSatisfy((error) => hasErrno(error, 'ECONNREFUSED'))
    expect(inside(pid, 'ip', '-br', 'link')).not.toContain('eth0')
    expect(run('ip', '-br', 'link', 'show', 'master', name)).toBe('')
    expect(readFileSync(join(stateDirectory, `${name}.json`), 'utf8')).not.toContain(ipAddress)
  })

  it('gives its address back once, also when it is detached twice at the same time', async () => {
    const [a, b] = [await container(), await container()]
    for (let delayMs = 0; delayMs < 8; delayMs++) {
      const { ipAddress } = await attach(a)
      const first = driver.detach(`container-${a}`)
      await sleep(delayMs)
      const second = driver.detach(`container-${a}`)
      await first
      await attach(b, { ipAddress })
      await second
      await expect(attach(a, { ipAddress })).rejects.toMatchObject({ code: 'NETWORK_ADDRESS_IN_USE' })
      await driver.detach(`container-${b}`)
    }
  })
})

describe('a published port of 127.0.0.1', () => {
  const hostEnd = `${name}n`
  afterEach(() => run('ip', 'link', 'del', hostEnd))

  it('is not for neighbours, which may send to 127.0.0.1 through any interface', async () => {
    const [neighbour, pid] = [await container(), await container()]
    run('ip', 'link', 'add', hostEnd, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(neighbour))
    run('ip', 'addr', 'add', '198.51.100.1/24', 'dev', hostEnd)
    run('ip', 'link', 'set', hostEnd, 'up')
    inside(neighbour, 'ip', 'addr', 'add', '198.51.100.2/24', 'dev', 'eth0')
    inside(neighbour, 'ip', 'link', 'set', 'eth0', 'up')
    inside(neighbour, 'ip', 'route', 'add', '127.0.0.1/32', 'via', '198.51.100.1')
    inside(neighbour, 'sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1')
    await serve(pid, 80)
    const loopback = { protocol: 'tcp', containerPort: 80, hostIp: '127.0.0.1', hostPort: 34_090 } as const
    await attach(pid, { ports: [loopback, { protocol: 'tcp', containerPort: 80, hostPort: 34_091 }] })
    expect(await askFrom(neighbour, '198.51.100.1', 34_091)).toBe('198.51.100.2')
    expect(await ask('127.0.0.1', 34_090)).toBe(driver.info.gateway)
    for (const port of [34_090, 34_091]) await expect(askFrom(neighbour, '127.0.0.1', port)).rejects.toThrow()
  })
})

describe('the bridge', () => {
  it('takes no IPv6 from containers, which could announce themselves as routers to the host', () => {
    expect(readFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, 'utf8')).toBe('1\n')
  })
})

describe('the rules', () => {
  it('are read by nft as they were meant', () => {
    const rules = run('nft', 'list', 'table', 'ip', table)
    const { subnet } = driver.info
    for (const line of [
      `ip saddr ${subnet} oifname != "${name}" masquerade`,
      `ip saddr 127.0.0.0/8 oifname "${name}" masquerade`,
      'fib daddr type local jump publish',
      'dnat ip to meta l4proto . th dport map @ports',
      'dnat ip to ip daddr . meta l4proto . th dport map @addressed-ports',
      `iifname "${name}" ip daddr 127.0.0.0/8 drop`,
      `oifname "${name}" ct state established,related accept`,
    ])
      expect(rules).toContain(line)
  })

  it('keep a container from the loopback addresses of the host', async () => {
    const pid = await container()
    await attach(pid)
    const server = createServer((socket) => socket.end('secret')).listen(34_085, '127.0.0.1')
    await once(server, 'listening')
    inside(pid, 'ip', 'addr', 'del', '127.0.0.1/8', 'dev', 'lo')
    inside(pid, 'ip', 'link', 'set', 'lo', 'down')
    inside(pid, 'ip', 'route', 'add', '127.0.0.1/32', 'via', driver.info.gateway)
    inside(pid, 'sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1')
    await expect(askFrom(pid, '127.0.0.1', 34_085)).rejects.toThrow()
    run('nft', 'flush', 'chain', 'ip', table, 'loopback-guard')
    expect(await askFrom(pid, '127.0.0.1', 34_085)).toBe('secret') // so it was the rule that kept it out
    server.close()
  })

  it('are made again when somebody flushed them', async () => {
    const [a, b] = [await container(), await container()]
    await serve(a, 80)
    await attach(a, { ports: [{ protocol: 'tcp', containerPort: 80, hostPort: 34_086 }] })
    run('nft', 'delete', 'table', 'ip', table)
    await attach(b, { ports: [{ protocol: 'tcp', containerPort: 80, hostPort: 34_087 }] })
    expect(await ask('127.0.0.1', 34_086)).toBe(driver.info.gateway)
    run('nft', 'delete', 'table', 'ip', table)
    await driver.detach(`container-${b}`)
    expect(await ask('127.0.0.1', 34_086)).toBe(driver.info.gateway)
  })
})

describe('a later process', () => {
  it('finds the network as it was, forgets containers that are gone and keeps the others connected', async () => {
    const [a, b] = [await container(), await container()]
    await serve(a, 80)
    const kept = await attach(a, { ports: [{ protocol: 'tcp', containerPort: 80, hostPort: 34_088 }] })
    const gone = await attach(b, { ports: [{ protocol: 'tcp', containerPort: 80, hostPort: 34_089 }] })
    const { info } = driver
    driver = await BridgeDriver.open({ stateDirectory, name, subnet: '10.9.0.0/16' })
    expect(driver.info).toEqual(info)
    await driver.restore([kept.containerId])
    expect(driver.endpoint(kept.containerId)).toEqual(kept)
    expect(driver.endpoint(gone.containerId)).toBeUndefined()
    expect(await ask('127.0.0.1', 34_088)).toBe(info.gateway)
    await expect(attach(await container(), { ipAddress: kept.ipAddress })).rejects.toMatchObject({ code: 'NETWORK_ADDRESS_IN_USE' })
    await attach(await container(), { ipAddress: gone.ipAddress })
  })

  it('may have another bridge beside this one, with a subnet of its own', async () => {
    const second = await BridgeDriver.open({ stateDirectory, name: `${name}b`, subnet: driver.info.subnet })
    expect(second.info.subnet).not.toBe(driver.info.subnet)
    await second.destroy()
  })

  it('refuses a record that it cannot read', async () => {
    for (const text of [
      '{',
      '{}',
      'null',
      '{"version":2,"bridge":"x","subnet":"10.0.0.0/8","endpoints":[]}',
      ...[
        '{"version":1,"bridge":"x","subnet":"10.0.0.0/99","endpoints":[]}',
        '{"version":1,"bridge":"x","subnet":"10.0.0.0/8","endpoints":[{}]}',
      ],
      '{"version":1,"bridge":"x","subnet":"10.0.0.0/8","endpoints":[null]}',
    ]) {
      writeFileSync(join(stateDirectory, `${name}.json`), text)
      await expect(BridgeDriver.open({ stateDirectory, name })).rejects.toMatchObject({ code: 'NETWORK_RECORD_CORRUPT', kind: 'corrupt' })
    }
  })
})

describe('bringUpLoopback', () => {
  it('brings up the loopback interface of a network namespace', async () => {
    const pid = await container()
    await bringUpLoopback(pid)
    expect(inside(pid, 'ip', '-br', 'addr', 'show', 'lo')).toContain('127.0.0.1/8')
  })
})
