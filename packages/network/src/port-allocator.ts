import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { hasErrno } from '@ct/errors'
import { NetworkError } from './errors.ts'
import { parseAddress } from './ipv4.ts'
import type { PortProtocol, PortRequest, PublishedPort } from './published-port.ts'

const ANY_ADDRESS = '0.0.0.0'
const FIRST_EPHEMERAL = 49_153
const LAST_PORT = 65_535

/** Which host ports are taken: by containers, which it remembers, and by programs of the host, which it asks the kernel about. */
export class PortAllocator {
  readonly #taken = new Map<string, Set<PublishedPort>>()
  #next = FIRST_EPHEMERAL

  /**
   * Takes a host port for every request, or none. Throws `NETWORK_PORT_IN_USE`, `NETWORK_PORTS_EXHAUSTED`,
   * `NETWORK_PORT_INVALID`, and `NETWORK_ADDRESS_INVALID` when the host has not the address.
   */
  async allocate(requests: readonly PortRequest[]): Promise<readonly PublishedPort[]> {
    const ports: PublishedPort[] = []
    try {
      for (const request of requests) ports.push(await this.#allocateOne(request))
    } catch (error) {
      this.release(ports)
      throw error
    }
    return ports
  }

  /** Takes ports that are known to be published already. */
  restore(ports: readonly PublishedPort[]): void {
    for (const port of ports) this.#sharers(port).add(port)
  }

  release(ports: readonly PublishedPort[]): void {
    for (const port of ports) this.#drop(port)
  }

  async #allocateOne({ protocol, containerPort, hostIp = '', hostPort = 0 }: PortRequest): Promise<PublishedPort> {
    checkPort(containerPort, 1)
    checkPort(hostPort, 0)
    const address = hostIp === '' ? ANY_ADDRESS : hostIp
    parseAddress(address)
    if (hostPort !== 0) return this.#take({ protocol, containerPort, hostIp: address, hostPort })
    for (let tries = FIRST_EPHEMERAL; tries <= LAST_PORT; tries++) {
      const candidate = { protocol, containerPort, hostIp: address, hostPort: this.#next }
      this.#next = this.#next === LAST_PORT ? FIRST_EPHEMERAL : this.#next + 1
      try {
        return await this.#take(candidate)
      } catch (error) {
        if (!(error instanceof NetworkError && error.code === 'NETWORK_PORT_IN_USE')) throw error
      }
    }
    throw new NetworkError('NETWORK_PORTS_EXHAUSTED', `no ${protocol} port from ${FIRST_EPHEMERAL} on is free on ${address}`, {
      kind: 'exhausted',
    })
  }

  async #take(port: PublishedPort): Promise<PublishedPort> {
    const sharers = this.#sharers(port)
    for (const other of sharers) if (shareAddress(other, port)) throw inUse(port, 'by a container')
    sharers.add(port) // before waiting, so that nobody else takes it meanwhile
    try {
      await bindForAMoment(port)
    } catch (error) {
      this.#drop(port)
      throw error
    }
    return port
  }

  /** Those who have the same port on some address. */
  #sharers({ protocol, hostPort }: PublishedPort): Set<PublishedPort> {
    const key = `${hostPort}/${protocol}`
    const sharers = this.#taken.get(key) ?? new Set()
    this.#taken.set(key, sharers)
    return sharers
  }

  #drop(port: PublishedPort): void {
    const sharers = this.#sharers(port)
    sharers.delete(port)
    if (sharers.size === 0) this.#taken.delete(`${port.hostPort}/${port.protocol}`)
  }
}

function shareAddress(a: PublishedPort, b: PublishedPort): boolean {
  return a.hostIp === b.hostIp || a.hostIp === ANY_ADDRESS || b.hostIp === ANY_ADDRESS
}

async function bindForAMoment(port: PublishedPort): Promise<void> {
  try {
    await BINDERS[port.protocol](port)
  } catch (cause) {
    if (hasErrno(cause, 'EADDRINUSE')) throw inUse(port, 'by a program of the host', cause)
    if (hasErrno(cause, 'EADDRNOTAVAIL'))
      throw new NetworkError('NETWORK_ADDRESS_INVALID', `${port.hostIp} is not an address of this host`, { kind: 'invalid', cause })
    throw cause
  }
}

const BINDERS: Readonly<Record<PortProtocol, (port: PublishedPort) => Promise<void>>> = {
  async tcp({ hostIp, hostPort }) {
    const server = createServer().listen({ host: hostIp, port: hostPort, exclusive: true })
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
  },
  async udp({ hostIp, hostPort }) {
    const socket = createSocket('udp4').bind({ address: hostIp, port: hostPort, exclusive: true })
    await once(socket, 'listening')
    socket.close()
    await once(socket, 'close')
  },
}

function inUse({ protocol, hostIp, hostPort }: PublishedPort, by: string, cause?: unknown): NetworkError {
  return new NetworkError('NETWORK_PORT_IN_USE', `port ${hostIp}:${hostPort}/${protocol} is already in use ${by}`, {
    kind: 'conflict',
    hint: 'publish another port, or end what uses this one',
    cause,
  })
}

function checkPort(port: number, least: number): void {
  if (!Number.isInteger(port) || port < least || port > LAST_PORT)
    throw new NetworkError('NETWORK_PORT_INVALID', `${port} is not a port number`, { kind: 'invalid' })
}
