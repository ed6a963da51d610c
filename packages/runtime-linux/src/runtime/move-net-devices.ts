import { readFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import { messageBody, NativeError, NETLINK_FLAGS, type NetlinkStep, netlinkAttribute, netlinkMessage, sendNetlink } from '@ct/native'
import { RuntimeError } from '../errors.ts'
import type { Linux } from '../spec/linux.ts'

/** Of linux/rtnetlink.h, if_link.h and if_addr.h. */
const RTM = { getLink: 18, setLink: 19, newAddress: 20, getAddress: 22 } as const
const IFLA = { name: 3, namespacePid: 19 } as const
const IFF_UP = 1
const SCOPE_GLOBAL = 0

/**
 * Moves interfaces of the host into the network namespace of a process, with their global addresses, and sets them up. The
 * kernel gives back what is hardware when the namespace ends, and removes the rest.
 * @throws RuntimeError RUNTIME_SETUP_FAILED.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#network-devices
 */
export async function moveNetDevices(devices: NonNullable<Linux['netDevices']>, pid: number): Promise<void> {
  for (const [name, { name: inside }] of Object.entries(devices)) {
    try {
      await moveNetDevice(name, inside || name, pid)
    } catch (cause) {
      if (!(cause instanceof NativeError) && !hasErrno(cause, 'ENOENT')) throw cause
      const reason = cause instanceof NativeError ? cause.message : 'there is no such interface'
      const kind = cause instanceof NativeError ? cause.kind : 'invalid'
      throw new RuntimeError('RUNTIME_SETUP_FAILED', `network device ${name} cannot be moved: ${reason}`, { kind, cause })
    }
  }
}

async function moveNetDevice(name: string, inside: string, pid: number): Promise<void> {
  const index = Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'))
  const addresses = await addressesOf(index)
  const where = [netlinkAttribute(IFLA.namespacePid, uint32(pid)), netlinkAttribute(IFLA.name, Buffer.from(`${inside}\0`))]
  await sendNetlink({ steps: [request(RTM.setLink, [link({ index }), ...where])] })
  const namespace: NetlinkStep = { namespace: `/proc/${pid}/ns/net` }
  const [moved] = await sendNetlink({
    steps: [namespace, request(RTM.getLink, [link({ index: 0 }), netlinkAttribute(IFLA.name, Buffer.from(`${inside}\0`))])],
  })
  // It keeps its number unless another in the namespace has it.
  const movedIndex = moved === undefined ? index : messageBody(moved).readInt32LE(4)
  for (const address of addresses) address.writeUInt32LE(movedIndex, 4)
  await sendNetlink({
    steps: [
      namespace,
      ...addresses.map((address) => request(RTM.newAddress, [address], NETLINK_FLAGS.create)),
      request(RTM.setLink, [link({ index: movedIndex, flags: IFF_UP })]),
    ],
  })
}

/** What RTM_NEWADDR takes, of each global address: ifaddrmsg and attributes. */
async function addressesOf(index: number): Promise<Buffer[]> {
  const all = await sendNetlink({ steps: [request(RTM.getAddress, [Buffer.alloc(8)], NETLINK_FLAGS.dump)] })
  return all
    .map((message) => Buffer.from(messageBody(message)))
    .filter((address) => address.readUInt32LE(4) === index && address[3] === SCOPE_GLOBAL)
}

function request(type: number, parts: readonly Uint8Array[], flags = 0): NetlinkStep {
  // A dump ends by itself; everything else is acknowledged.
  const end = flags === NETLINK_FLAGS.dump ? 0 : NETLINK_FLAGS.acknowledge
  return { protocol: 'route', messages: netlinkMessage(type, flags | end, parts) }
}

/** An ifinfomsg; `flags` are those that are set. */
function link({ index, flags = 0 }: { readonly index: number; readonly flags?: number }): Buffer {
  return Buffer.concat([Buffer.alloc(4), uint32(index), uint32(flags), uint32(flags)])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
