import { netlinkAttribute } from '@ct/native'

/**
 * Netlink attributes: u16 length, u16 type, payload, padded to four bytes. Numbers are in the byte order of the machine
 * (little-endian on every platform that is supported) except where the name says big-endian.
 *
 * @see https://docs.kernel.org/userspace-api/netlink/intro.html
 */
export type Attribute = Buffer

const HEADER_BYTES = 4
const NESTED = 0x8000
const TYPE_MASK = 0x3fff

export function u32Attribute(type: number, value: number): Attribute {
  const payload = Buffer.alloc(4)
  payload.writeUInt32LE(value)
  return netlinkAttribute(type, payload)
}

/** nf_tables has all its numbers in network order. */
export function bigEndianAttribute(type: number, value: number): Attribute {
  const payload = Buffer.alloc(4)
  payload.writeInt32BE(value | 0)
  return netlinkAttribute(type, payload)
}

/** A string with its NUL. */
export function textAttribute(type: number, value: string): Attribute {
  return netlinkAttribute(type, Buffer.from(`${value}\0`))
}

export function nestedAttribute(type: number, children: readonly Uint8Array[]): Attribute {
  return netlinkAttribute(type | NESTED, Buffer.concat(children))
}

/** The payloads of a run of attributes by type; of a repeated type the last. */
export function parseAttributes(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt16LE(at)
    if (length < HEADER_BYTES || at + length > bytes.length) break
    found.set(bytes.readUInt16LE(at + 2) & TYPE_MASK, bytes.subarray(at + HEADER_BYTES, at + length))
    at += (length + 3) & ~3
  }
  return found
}
