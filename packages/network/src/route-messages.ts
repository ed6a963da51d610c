import { messageBody, NETLINK_FLAGS, netlinkAttribute, netlinkMessage } from '@ct/native'
import { type Attribute, nestedAttribute, parseAttributes, textAttribute, u32Attribute } from './attributes.ts'
import { addressBytes, type Subnet } from './ipv4.ts'

// RTM_*, IFLA_*, IFA_*, RTA_*: rtnetlink(7), linux/if_link.h, linux/rtnetlink.h.
const RTM = { newLink: 16, delLink: 17, getLink: 18, setLink: 19, newAddress: 20, getAddress: 22, newRoute: 24, getRoute: 26 }
const IFLA = { address: 1, name: 3, mtu: 4, master: 10, portInfo: 12, linkInfo: 18, namespacePid: 19 }
const LINK_INFO = { kind: 1, data: 2 }
const VETH_PEER = 1
const BRIDGE_PORT_HAIRPIN = 4
const IFA = { address: 1, local: 2, broadcast: 4 }
const RTA = { destination: 1, outInterface: 4, gateway: 5 }
const AF_INET = 2
const AF_BRIDGE = 7
const UP = 1
const MAIN_TABLE = 254
const BOOT_PROTOCOL = 3
const UNICAST = 1

/** A link as the kernel lists it. */
export interface Link {
  readonly index: number
  readonly name: string
  readonly mtu: number
}

/** An IPv4 address of a link, with its prefix. */
export interface LinkAddress {
  readonly index: number
  readonly address: number
  readonly prefixLength: number
}

/** An IPv4 route; the default route has a prefix length of 0. */
export interface Route {
  readonly destination: Subnet
  readonly index: number
}

/** A pair of virtual links: one end on a bridge here, the other in the network namespace of a process. Only the first is up. */
export interface VethPlan {
  readonly name: string
  readonly index: number
  readonly bridgeIndex: number
  readonly mtu: number
  readonly peer: { readonly name: string; readonly index: number; readonly pid: number; readonly macAddress: Uint8Array }
}

export function createBridge(name: string, macAddress: Uint8Array, mtu: number): Buffer {
  const kind = nestedAttribute(IFLA.linkInfo, [textAttribute(LINK_INFO.kind, 'bridge')])
  const attributes = [textAttribute(IFLA.name, name), netlinkAttribute(IFLA.address, macAddress), u32Attribute(IFLA.mtu, mtu), kind]
  return netlinkMessage(RTM.newLink, NETLINK_FLAGS.acknowledge | NETLINK_FLAGS.create | NETLINK_FLAGS.exclusive, [
    linkHeader(0, UP),
    ...attributes,
  ])
}

export function createVeth({ name, index, bridgeIndex, mtu, peer }: VethPlan): Buffer {
  const other = nestedAttribute(VETH_PEER, [
    linkHeader(peer.index, 0), // the kernel cannot bring it up before the pair is complete
    textAttribute(IFLA.name, peer.name),
    netlinkAttribute(IFLA.address, peer.macAddress),
    u32Attribute(IFLA.mtu, mtu),
    u32Attribute(IFLA.namespacePid, peer.pid),
  ])
  const info = nestedAttribute(IFLA.linkInfo, [textAttribute(LINK_INFO.kind, 'veth'), nestedAttribute(LINK_INFO.data, [other])])
  const attributes = [textAttribute(IFLA.name, name), u32Attribute(IFLA.mtu, mtu), u32Attribute(IFLA.master, bridgeIndex), info]
  return netlinkMessage(RTM.newLink, NETLINK_FLAGS.acknowledge | NETLINK_FLAGS.create | NETLINK_FLAGS.exclusive, [
    linkHeader(index, UP),
    ...attributes,
  ])
}

/**
 * Lets a port of a bridge send out what came in by it. Needed where the kernel translates addresses already on the bridge
 * (bridge-nf-call-iptables), for a container that talks to its own published port.
 */
export function allowHairpin(index: number): Buffer {
  const header = linkHeader(index, 0)
  header.writeUInt8(AF_BRIDGE, 0)
  const port = nestedAttribute(IFLA.portInfo, [netlinkAttribute(BRIDGE_PORT_HAIRPIN, Uint8Array.of(1))])
  return netlinkMessage(RTM.setLink, NETLINK_FLAGS.acknowledge, [header, port])
}

export function setLinkUp(index: number): Buffer {
  return netlinkMessage(RTM.newLink, NETLINK_FLAGS.acknowledge, [linkHeader(index, UP)])
}

export function deleteLink(name: string): Buffer {
  return netlinkMessage(RTM.delLink, NETLINK_FLAGS.acknowledge, [linkHeader(0, 0), textAttribute(IFLA.name, name)])
}

export function addAddress({ index, address, prefixLength }: LinkAddress): Buffer {
  const hostBits = 2 ** (32 - prefixLength) - 1
  const attributes = [
    netlinkAttribute(IFA.local, addressBytes(address)),
    netlinkAttribute(IFA.address, addressBytes(address)),
    netlinkAttribute(IFA.broadcast, addressBytes((address | hostBits) >>> 0)),
  ]
  return netlinkMessage(RTM.newAddress, NETLINK_FLAGS.acknowledge | NETLINK_FLAGS.create | NETLINK_FLAGS.exclusive, [
    addressHeader(index, prefixLength),
    ...attributes,
  ])
}

export function addDefaultRoute(index: number, gateway: number): Buffer {
  const header = Buffer.from([AF_INET, 0, 0, 0, MAIN_TABLE, BOOT_PROTOCOL, 0, UNICAST, 0, 0, 0, 0])
  const attributes = [netlinkAttribute(RTA.gateway, addressBytes(gateway)), u32Attribute(RTA.outInterface, index)]
  return netlinkMessage(RTM.newRoute, NETLINK_FLAGS.acknowledge | NETLINK_FLAGS.create | NETLINK_FLAGS.exclusive, [header, ...attributes])
}

export function listLinks(): Buffer {
  return netlinkMessage(RTM.getLink, NETLINK_FLAGS.dump, [linkHeader(0, 0)])
}

export function listAddresses(): Buffer {
  return netlinkMessage(RTM.getAddress, NETLINK_FLAGS.dump, [addressHeader(0, 0)])
}

export function listRoutes(): Buffer {
  return netlinkMessage(RTM.getRoute, NETLINK_FLAGS.dump, [Buffer.from([AF_INET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])])
}

/** Reads an answer to {@link listLinks}; undefined when it is another message. */
export function parseLink(message: Uint8Array): Link | undefined {
  if (typeOf(message) !== RTM.newLink) return undefined
  const body = messageBody(message)
  const attributes = parseAttributes(body.subarray(16))
  return { index: body.readInt32LE(4), name: textOf(attributes.get(IFLA.name)), mtu: attributes.get(IFLA.mtu)?.readUInt32LE() ?? 0 }
}

/** Reads an answer to {@link listAddresses}; undefined when it is another message, or not about IPv4. */
export function parseLinkAddress(message: Uint8Array): LinkAddress | undefined {
  const body = messageBody(message)
  if (typeOf(message) !== RTM.newAddress || body[0] !== AF_INET) return undefined
  const attributes = parseAttributes(body.subarray(8))
  const address = (attributes.get(IFA.local) ?? attributes.get(IFA.address))?.readUInt32BE() ?? 0
  return { index: body.readUInt32LE(4), address, prefixLength: body[1] ?? 0 }
}

/** Reads an answer to {@link listRoutes}; undefined when it is another message, or a route of another table than the main one. */
export function parseRoute(message: Uint8Array): Route | undefined {
  const body = messageBody(message)
  if (typeOf(message) !== RTM.newRoute || body[0] !== AF_INET || body[4] !== MAIN_TABLE) return undefined
  const attributes = parseAttributes(body.subarray(12))
  const destination = { base: attributes.get(RTA.destination)?.readUInt32BE() ?? 0, prefixLength: body[1] ?? 0 }
  return { destination, index: attributes.get(RTA.outInterface)?.readUInt32LE() ?? 0 }
}

/** struct ifinfomsg. */
function linkHeader(index: number, flags: number): Buffer {
  const header = Buffer.alloc(16)
  header.writeInt32LE(index, 4)
  header.writeUInt32LE(flags, 8)
  header.writeUInt32LE(flags, 12)
  return header
}

/** struct ifaddrmsg. */
function addressHeader(index: number, prefixLength: number): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt8(AF_INET, 0)
  header.writeUInt8(prefixLength, 1)
  header.writeUInt32LE(index, 4)
  return header
}

function typeOf(message: Uint8Array): number {
  return (message[4] ?? 0) | ((message[5] ?? 0) << 8)
}

function textOf(attribute: Attribute | undefined): string {
  return attribute?.toString('utf8').replace(/\0+$/, '') ?? ''
}
