import { randomBytes, randomInt } from 'node:crypto'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { type NetlinkStep, sendNetlink } from '@ct/native'
import { AddressPool } from './address-pool.ts'
import { BridgeRuleset, type PortMapping } from './bridge-ruleset.ts'
import { type Endpoint, vethName } from './endpoint.ts'
import { NetworkError } from './errors.ts'
import { chooseSubnet, enable, type HostNetwork, inspectHost, outsideMtu } from './host-network.ts'
import { formatAddress, formatSubnet, parseAddress, parseSubnet, type Subnet } from './ipv4.ts'
import { LOOPBACK_INDEX } from './loopback.ts'
import { macAddressOf, parseMacAddress } from './mac-address.ts'
import { NetworkRecord, type NetworkState } from './network-record.ts'
import { transaction } from './nft-messages.ts'
import { PortAllocator } from './port-allocator.ts'
import type { PortRequest } from './published-port.ts'
import { addAddress, addDefaultRoute, allowHairpin, createBridge, createVeth, deleteLink, setLinkUp } from './route-messages.ts'

/** Options of {@link BridgeDriver.open}. */
export interface BridgeOptions {
  /** Directory of the record file, `<name>.json`. */
  readonly stateDirectory: string
  /** Name of the bridge, 1 to 15 characters. @default 'ct0' */
  readonly name?: string | undefined
  /** Wanted subnet; another private one is taken when something else uses it. @default '172.30.0.0/16' */
  readonly subnet?: string | undefined
}

/** What a network is made of. */
export interface BridgeInfo {
  readonly bridge: string
  readonly subnet: string
  readonly gateway: string
  /** Of the bridge and of the containers' interfaces, in bytes. */
  readonly mtu: number
}

/** Options of {@link BridgeDriver.attach}. */
export interface AttachOptions {
  readonly containerId: string
  /** A process in the container's network namespace. */
  readonly pid: number
  readonly ports: readonly PortRequest[]
  /** @default the next free one */
  readonly ipAddress?: string | undefined
  /** @default derived from the address */
  readonly macAddress?: string | undefined
}

const ENODEV = 19
const EEXIST = 17
const ATTEMPTS = 3
/** Far above the numbers that the kernel gives by itself. */
const INTERFACE_INDEXES = { first: 1 << 20, last: 1 << 30 } as const

/**
 * A network on a Linux bridge: an address for every container, a way to the world by address translation, and ports
 * published on the host. Everything it makes in the kernel outlives the process; its record file tells the next one.
 */
export class BridgeDriver {
  readonly info: BridgeInfo
  readonly #subnet: Subnet
  readonly #bridgeIndex: number
  readonly #record: NetworkRecord
  readonly #ruleset: BridgeRuleset
  readonly #addresses: AddressPool
  readonly #ports = new PortAllocator()
  readonly #endpoints = new Map<string, Endpoint>()

  private constructor(info: BridgeInfo, bridgeIndex: number, record: NetworkRecord) {
    this.info = info
    this.#subnet = parseSubnet(info.subnet)
    this.#bridgeIndex = bridgeIndex
    this.#record = record
    this.#ruleset = new BridgeRuleset({ bridge: info.bridge, subnet: this.#subnet })
    this.#addresses = new AddressPool(this.#subnet)
    this.#addresses.reserve(info.gateway)
  }

  /**
   * Makes the bridge and its rules, or takes over those that are there, with the endpoints of the record. Throws
   * `NETWORK_RECORD_CORRUPT`, `NETWORK_SUBNETS_EXHAUSTED`, `NETWORK_ADDRESS_INVALID`, `NETWORK_SETUP_FAILED`.
   */
  static async open({ stateDirectory, name = 'ct0', subnet: wanted = '172.30.0.0/16' }: BridgeOptions): Promise<BridgeDriver> {
    if (!/^[a-zA-Z0-9_.-]{1,15}$/.test(name)) throw new TypeError(`${JSON.stringify(name)} cannot be the name of a bridge`)
    const record = new NetworkRecord(join(stateDirectory, `${name}.json`))
    const state = await record.read()
    const host = await inspectHost()
    const index = host.links.find((link) => link.name === name)?.index
    const subnet = state ? parseSubnet(state.subnet) : (subnetOf(host, index) ?? chooseSubnet(host, wanted, index))
    const gateway = subnet.base + 1
    const info = { bridge: name, subnet: formatSubnet(subnet), gateway: formatAddress(gateway), mtu: outsideMtu(host) }
    const bridgeIndex = await setUp('the bridge', () => ensureBridge(info))
    const driver = new BridgeDriver(info, bridgeIndex, record)
    await driver.#takeOver(state?.endpoints ?? [])
    return driver
  }

  /** The endpoint of a container, if it has one. */
  endpoint(containerId: string): Endpoint | undefined {
    return this.#endpoints.get(containerId)
  }

  /**
   * Gives a container an interface `eth0` with an address and a default route, brings up its loopback interface and
   * publishes its ports; all or nothing. Throws `NETWORK_ENDPOINT_EXISTS`, `NETWORK_ADDRESS_IN_USE`,
   * `NETWORK_ADDRESS_INVALID`, `NETWORK_ADDRESSES_EXHAUSTED`, `NETWORK_PORT_IN_USE`, `NETWORK_PORT_INVALID`,
   * `NETWORK_PORTS_EXHAUSTED`, `NETWORK_SETUP_FAILED`.
   */
  async attach({ containerId, pid, ports, ipAddress, macAddress }: AttachOptions): Promise<Endpoint> {
    if (this.#endpoints.has(containerId))
      throw new NetworkError('NETWORK_ENDPOINT_EXISTS', `container ${containerId} is attached to ${this.info.bridge} already`, {
        kind: 'conflict',
      })
    if (macAddress !== undefined) parseMacAddress(macAddress)
    if (ipAddress !== undefined) this.#addresses.reserve(ipAddress)
    const address = ipAddress ?? this.#addresses.allocate()
    const endpoint = {
      endpointId: randomBytes(32).toString('hex'),
      containerId,
      ipAddress: address,
      prefixLength: this.#subnet.prefixLength,
      gateway: this.info.gateway,
      macAddress: macAddress ?? macAddressOf(parseAddress(address)),
      ports: [],
    }
    this.#endpoints.set(containerId, endpoint)
    try {
      const complete = { ...endpoint, ports: await this.#ports.allocate(ports) }
      this.#endpoints.set(containerId, complete)
      await this.#save()
      await setUp(`container ${containerId}`, () => this.#connect(complete, pid))
      return complete
    } catch (error) {
      await Promise.allSettled([this.detach(containerId)]) // the first error is the one to tell; `restore` tries again
      throw error
    }
  }

  /** Takes back what {@link attach} gave; a container that is not attached is fine. */
  async detach(containerId: string): Promise<void> {
    const endpoint = this.#endpoints.get(containerId)
    if (!endpoint) return
    await setUp(`container ${containerId}`, () => this.#disconnect(endpoint))
    if (this.#endpoints.get(containerId) !== endpoint) return // somebody else was faster, and the address may be given away
    this.#endpoints.delete(containerId)
    this.#addresses.release(endpoint.ipAddress)
    this.#ports.release(endpoint.ports)
    await this.#save()
  }

  /** Detaches every container that is not among the living; called once after {@link open}. */
  async restore(live: readonly string[]): Promise<void> {
    for (const containerId of [...this.#endpoints.keys()]) if (!live.includes(containerId)) await this.detach(containerId)
  }

  /** Removes the bridge, its rules, every endpoint and the record. */
  async destroy(): Promise<void> {
    const names = [...[...this.#endpoints.values()].map(vethName), this.info.bridge]
    const steps = names.map((name) => ({ protocol: 'route', messages: deleteLink(name), ignore: [ENODEV] }) as const)
    await setUp('the removal', () => sendNetlink({ steps: [...steps, this.#change(this.#ruleset.remove())] }))
    this.#endpoints.clear()
    await this.#record.remove()
  }

  async #takeOver(endpoints: readonly Endpoint[]): Promise<void> {
    for (const endpoint of endpoints) {
      this.#endpoints.set(endpoint.containerId, endpoint)
      this.#addresses.reserve(endpoint.ipAddress)
      this.#ports.restore(endpoint.ports)
    }
    await setUp('the rules', () => this.#replaceRules())
    await this.#save()
  }

  /** Tries again where a number turned out to be taken, or where somebody flushed the rules of the host. */
  async #connect(endpoint: Endpoint, pid: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await sendNetlink({ steps: this.#connectSteps(endpoint, pid) })
        return
      } catch (error) {
        const cause = error instanceof Error ? error.cause : undefined
        if (attempt === ATTEMPTS || !hasErrno(cause, 'ENOENT', 'EBUSY', 'EEXIST')) throw error
        await sendNetlink({ steps: [{ protocol: 'route', messages: deleteLink(vethName(endpoint)), ignore: [ENODEV] }] })
        this.#endpoints.delete(endpoint.containerId)
        await this.#replaceRules()
        this.#endpoints.set(endpoint.containerId, endpoint)
      }
    }
  }

  #connectSteps(endpoint: Endpoint, pid: number): readonly NetlinkStep[] {
    const index = randomInt(INTERFACE_INDEXES.first, INTERFACE_INDEXES.last) & ~1
    const peer = { name: 'eth0', index: index + 1, pid, macAddress: parseMacAddress(endpoint.macAddress) }
    const veth = createVeth({ name: vethName(endpoint), index, bridgeIndex: this.#bridgeIndex, mtu: this.info.mtu, peer })
    const address = { index: peer.index, address: parseAddress(endpoint.ipAddress), prefixLength: endpoint.prefixLength }
    const inside = [
      setLinkUp(LOOPBACK_INDEX),
      setLinkUp(peer.index),
      addAddress(address),
      addDefaultRoute(peer.index, parseAddress(endpoint.gateway)),
    ]
    const rules = endpoint.ports.length > 0 ? [this.#change(this.#ruleset.publish(mappings(endpoint)))] : []
    return [
      { protocol: 'route', messages: Buffer.concat([veth, allowHairpin(index)]), answers: 2 },
      ...rules,
      { namespace: `/proc/${pid}/ns/net` },
      { protocol: 'route', messages: Buffer.concat(inside), answers: inside.length },
    ]
  }

  async #disconnect(endpoint: Endpoint): Promise<void> {
    const rules = endpoint.ports.length > 0 ? [this.#change(this.#ruleset.unpublish(mappings(endpoint)))] : []
    try {
      await sendNetlink({ steps: [{ protocol: 'route', messages: deleteLink(vethName(endpoint)), ignore: [ENODEV] }, ...rules] })
    } catch (error) {
      if (!(error instanceof Error && hasErrno(error.cause, 'ENOENT'))) throw error
      this.#endpoints.delete(endpoint.containerId)
      await this.#replaceRules()
    }
  }

  async #replaceRules(): Promise<void> {
    const all = [...this.#endpoints.values()].flatMap(mappings)
    await sendNetlink({ steps: [this.#change(this.#ruleset.replace(all))] })
  }

  #change(changes: readonly Buffer[]): NetlinkStep {
    return { protocol: 'netfilter', messages: transaction(changes) }
  }

  #save(): Promise<void> {
    return this.#record.write((): NetworkState => {
      return { version: 1, bridge: this.info.bridge, subnet: this.info.subnet, endpoints: [...this.#endpoints.values()] }
    })
  }
}

/** The bridge, up, with its address; its interface index. */
async function ensureBridge({ bridge, subnet, gateway, mtu }: BridgeInfo): Promise<number> {
  const mac = Buffer.from([0x02, 0x42, ...randomBytes(4)])
  await sendNetlink({ steps: [{ protocol: 'route', messages: createBridge(bridge, mac, mtu), ignore: [EEXIST] }] })
  const { links } = await inspectHost()
  const index = links.find(({ name }) => name === bridge)?.index ?? 0
  const address = addAddress({ index, address: parseAddress(gateway), prefixLength: parseSubnet(subnet).prefixLength })
  const steps = [setLinkUp(index), address].map((messages) => ({ protocol: 'route', messages, ignore: [EEXIST] }) as const)
  await sendNetlink({ steps })
  await enable('ipv4/ip_forward')
  await enable(`ipv4/conf/${bridge}/route_localnet`)
  await disableIpv6(bridge)
  return index
}

/** These networks are IPv4's. With IPv6 on it, the host would take any container for a router that says it is one. */
async function disableIpv6(bridge: string): Promise<void> {
  try {
    await enable(`ipv6/conf/${bridge}/disable_ipv6`)
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error // a kernel without IPv6
  }
}

/** The subnet that a bridge has which is already there. */
function subnetOf({ addresses }: HostNetwork, bridgeIndex: number | undefined): Subnet | undefined {
  const found = addresses.find(({ index }) => index === bridgeIndex)
  return found && parseSubnet(`${formatAddress(found.address)}/${found.prefixLength}`)
}

function mappings({ ipAddress, ports }: Endpoint): readonly PortMapping[] {
  return ports.map((port) => ({ ...port, containerAddress: parseAddress(ipAddress) }))
}

async function setUp<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new NetworkError('NETWORK_SETUP_FAILED', `the kernel refused the network of ${what}: ${reason}`, {
      kind: hasErrno(cause, 'EPERM', 'EACCES', 'EROFS') ? 'denied' : 'internal',
      hint: 'networks need root, and a kernel with bridge, veth and nf_tables',
      cause,
    })
  }
}
