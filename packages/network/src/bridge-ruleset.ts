import { addressBytes, parseAddress, parseSubnet, type Subnet } from './ipv4.ts'
import {
  accept,
  addressIn,
  CONNECTION,
  changeDestination,
  connection,
  DESTINATION_CHANGED,
  drop,
  ESTABLISHED_OR_RELATED,
  jump,
  lookup,
  META,
  masquerade,
  meta,
  payload,
  throughInterface,
  toLocalAddress,
} from './nft-expressions.ts'
import { type MapElement, NftTable } from './nft-messages.ts'
import type { PublishedPort } from './published-port.ts'

/** nft's datatype numbers; a concatenation has six bits for each. */
const TYPES = { address: 7, protocol: 12, port: 13 }
const DESTINATION_AT = 16
const LOOPBACK = parseSubnet('127.0.0.0/8')
const PROTOCOLS = { tcp: 6, udp: 17 } as const
const PORTS = 'ports'
const ADDRESSED_PORTS = 'addressed-ports'

/** Which bridge a ruleset is for. */
export interface BridgeRulesetPlan {
  readonly bridge: string
  readonly subnet: Subnet
}

/** A published port, and the container's address that it leads to. */
export interface PortMapping extends PublishedPort {
  readonly containerAddress: number
}

/**
 * The nf_tables rules of one bridge, in one `ip` table named after it. Published ports are elements of two maps
 * (protocol and port; host address, protocol and port), so that publishing changes no rule and costs the same for the
 * first port and for the thousandth.
 */
export class BridgeRuleset {
  readonly table: NftTable
  readonly #plan: BridgeRulesetPlan

  constructor(plan: BridgeRulesetPlan) {
    this.table = new NftTable(`ct-${plan.bridge}`)
    this.#plan = plan
  }

  /** Changes that put the whole table in place, whatever was there before. */
  replace(mappings: readonly PortMapping[]): readonly Buffer[] {
    const { table } = this
    return [
      table.create(),
      table.delete(),
      table.create(),
      ...this.#maps(),
      ...this.#publishing(),
      ...this.#masquerading(),
      ...this.#guarding(),
      ...this.publish(mappings),
    ]
  }

  /** Changes that remove the table; it may be missing. */
  remove(): readonly Buffer[] {
    return [this.table.create(), this.table.delete()]
  }

  publish(mappings: readonly PortMapping[]): readonly Buffer[] {
    const { any, addressed } = elements(mappings)
    return [...this.table.addElements(PORTS, any), ...this.table.addElements(ADDRESSED_PORTS, addressed)]
  }

  unpublish(mappings: readonly PortMapping[]): readonly Buffer[] {
    const { any, addressed } = elements(mappings)
    return [...this.table.deleteElements(PORTS, any), ...this.table.deleteElements(ADDRESSED_PORTS, addressed)]
  }

  #maps(): readonly Buffer[] {
    const portKey = (TYPES.protocol << 6) | TYPES.port
    const value = { valueType: (TYPES.address << 6) | TYPES.port, valueBytes: 8 }
    return [
      this.table.createMap({ name: PORTS, id: 1, keyType: portKey, keyBytes: 8, ...value }),
      this.table.createMap({ name: ADDRESSED_PORTS, id: 2, keyType: (TYPES.address << 12) | portKey, keyBytes: 12, ...value }),
    ]
  }

  /**
   * Connections to this machine's addresses, from elsewhere (prerouting) and from itself (output), are led to containers.
   * What comes from elsewhere to 127.0.0.0/8 is left for the kernel to drop: neighbours may send that, and the kernel looks
   * only after this.
   */
  #publishing(): readonly Buffer[] {
    const { table } = this
    const addressed = [payload('network', DESTINATION_AT, 4), meta(META.protocol, 9), payload('transport', 2, 2, 10)]
    const any = [meta(META.protocol), payload('transport', 2, 2, 9)]
    return [
      table.createChain('publish'),
      table.addRule('publish', [...addressed, lookup(ADDRESSED_PORTS), changeDestination()]),
      table.addRule('publish', [...any, lookup(PORTS), changeDestination()]),
      table.createChain('prerouting', { type: 'nat', hook: 'prerouting', priority: -100 }),
      table.addRule('prerouting', [...addressIn('not destination', LOOPBACK), ...toLocalAddress(), jump('publish')]),
      table.createChain('output', { type: 'nat', hook: 'output', priority: -100 }),
      table.addRule('output', [...toLocalAddress(), jump('publish')]),
    ]
  }

  /**
   * Sources are changed where answers would not find back: from containers to the world, from 127.0.0.0/8 of the host
   * to containers, and between containers that talk through a published port.
   */
  #masquerading(): readonly Buffer[] {
    const { table } = this
    const { bridge, subnet } = this.#plan
    const toBridge = throughInterface('out', bridge)
    const published = connection(CONNECTION.status, DESTINATION_CHANGED)
    return [
      table.createChain('postrouting', { type: 'nat', hook: 'postrouting', priority: 100 }),
      table.addRule('postrouting', [...addressIn('source', subnet), ...throughInterface('not out', bridge), masquerade()]),
      table.addRule('postrouting', [...addressIn('source', LOOPBACK), ...toBridge, masquerade()]),
      table.addRule('postrouting', [...addressIn('source', subnet), ...toBridge, ...published, masquerade()]),
    ]
  }

  /**
   * What is forwarded to a container is an answer, or for a published port, or from its bridge. With route_localnet set
   * (for 127.0.0.1 above) the kernel no longer keeps containers from addressing the host's 127.0.0.0/8: a rule does.
   */
  #guarding(): readonly Buffer[] {
    const { table } = this
    const { bridge } = this.#plan
    const fromBridge = throughInterface('in', bridge)
    const toBridge = throughInterface('out', bridge)
    return [
      table.createChain('loopback-guard', { type: 'filter', hook: 'prerouting', priority: -300 }),
      table.addRule('loopback-guard', [...fromBridge, ...addressIn('destination', LOOPBACK), drop()]),
      table.addRule('loopback-guard', [...fromBridge, ...addressIn('source', LOOPBACK), drop()]),
      table.createChain('forward', { type: 'filter', hook: 'forward', priority: 0 }),
      table.addRule('forward', [...toBridge, ...connection(CONNECTION.state, ESTABLISHED_OR_RELATED), accept()]),
      table.addRule('forward', [...toBridge, ...connection(CONNECTION.status, DESTINATION_CHANGED), accept()]),
      table.addRule('forward', [...fromBridge, accept()]),
      table.addRule('forward', [...toBridge, drop()]),
    ]
  }
}

function elements(mappings: readonly PortMapping[]): { readonly any: MapElement[]; readonly addressed: MapElement[] } {
  const any: MapElement[] = []
  const addressed: MapElement[] = []
  for (const { protocol, hostIp, hostPort, containerPort, containerAddress } of mappings) {
    const value = Buffer.concat([addressBytes(containerAddress), portField(containerPort)])
    const key = Buffer.concat([Buffer.from([PROTOCOLS[protocol], 0, 0, 0]), portField(hostPort)])
    if (hostIp === '0.0.0.0') any.push({ key, value })
    else addressed.push({ key: Buffer.concat([addressBytes(parseAddress(hostIp)), key]), value })
  }
  return { any, addressed }
}

/** A port in network order, in a field of four bytes. */
function portField(port: number): Buffer {
  const field = Buffer.alloc(4)
  field.writeUInt16BE(port)
  return field
}
