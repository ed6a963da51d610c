/** Flags of a netlink request (NLM_F_*). */
export const NETLINK_FLAGS = { acknowledge: 0x4, exclusive: 0x200, create: 0x400, append: 0x800, dump: 0x300 } as const

const REQUEST = 0x1
const HEADER_BYTES = 16

/** One netlink message: header, then the fixed part and the attributes. NLM_F_REQUEST is always set. */
export function netlinkMessage(type: number, flags: number, body: readonly Uint8Array[]): Buffer {
  const message = Buffer.concat([Buffer.alloc(HEADER_BYTES), ...body])
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(flags | REQUEST, 6)
  return message
}

/** What stands behind the header of an answer. */
export function messageBody(message: Uint8Array): Buffer {
  return Buffer.from(message.buffer, message.byteOffset + HEADER_BYTES, message.byteLength - HEADER_BYTES)
}

const ATTRIBUTE_HEADER_BYTES = 4

/**
 * A netlink attribute: u16 length, u16 type, payload, padded to four bytes.
 * @see https://docs.kernel.org/userspace-api/netlink/intro.html
 */
export function netlinkAttribute(type: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc((ATTRIBUTE_HEADER_BYTES + payload.length + 3) & ~3)
  bytes.writeUInt16LE(ATTRIBUTE_HEADER_BYTES + payload.length, 0)
  bytes.writeUInt16LE(type, 2)
  bytes.set(payload, ATTRIBUTE_HEADER_BYTES)
  return bytes
}
