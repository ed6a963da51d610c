/** Flags of a netlink request (NLM_F_*). */
export const REQUEST = 0x1
export const ACKNOWLEDGE = 0x4
export const EXCLUSIVE = 0x200
export const CREATE = 0x400
export const APPEND = 0x800
export const DUMP = 0x300

const HEADER_BYTES = 16

/** One netlink message: header, then the fixed part and the attributes. `REQUEST` is always set. */
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
