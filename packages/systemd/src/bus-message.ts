import { BusReader } from './bus-reader.ts'
import { BusWriter } from './bus-writer.ts'
import { SystemdError } from './errors.ts'
import type { BusValue, Variant } from './signature.ts'

/** A call of a method. */
export interface BusCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  /** Types of the values. Default: none. */
  readonly signature?: string | undefined
  readonly values?: readonly BusValue[] | undefined
}

/** What comes from the bus. */
export interface BusMessage {
  readonly type: 'call' | 'return' | 'error' | 'signal'
  readonly path: string
  readonly member: string
  readonly errorName: string
  /** Serial number of the call that is answered. */
  readonly replySerial: number
  readonly values: readonly BusValue[]
}

const TYPES = ['call', 'return', 'error', 'signal'] as const
const FIELDS = { path: 1, interface: 2, member: 3, errorName: 4, replySerial: 5, destination: 6, signature: 8 } as const

/** Beginning of every message: byte order, type, flags, version, size of the body, serial number, size of the fields. */
const FIXED_BYTES = 16
const LITTLE_ENDIAN = 'l'.charCodeAt(0)
const VERSION = 1
/** Far above any answer that is wanted; the specification's own maximum is 128 MiB. */
const MAXIMUM_BYTES = 1024 * 1024

/**
 * A call as bytes.
 * @see https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-messages
 */
export function encodeCall({ signature = '', values = [], ...call }: BusCall, serial: number): Buffer {
  const field = (name: keyof typeof FIELDS, type: string, value: BusValue): BusValue => [FIELDS[name], { signature: type, value }]
  const fields = [
    field('path', 'o', call.path),
    field('interface', 's', call.interface),
    field('member', 's', call.member),
    field('destination', 's', call.destination),
    ...(signature === '' ? [] : [field('signature', 'g', signature)]),
  ]
  const body = new BusWriter().values(signature, values).finish()
  const header = new BusWriter()
  header.values('yyyyuua(yv)', [LITTLE_ENDIAN, 1, 0, VERSION, body.length, serial, fields])
  header.align(8)
  return Buffer.concat([header.finish(), body])
}

/** How many bytes the message that begins here has; undefined when that cannot be told yet. */
export function messageSize(bytes: Buffer): number | undefined {
  if (bytes.length < FIXED_BYTES) return undefined
  const size = FIXED_BYTES + Math.ceil(bytes.readUInt32LE(12) / 8) * 8 + bytes.readUInt32LE(4)
  if (bytes[0] !== LITTLE_ENDIAN || bytes[3] !== VERSION || size > MAXIMUM_BYTES) throw badMessage()
  return size
}

/** Reads one whole message. */
export function decodeMessage(bytes: Buffer): BusMessage {
  const [, type, , , bodySize, , list] = new BusReader(bytes).values('yyyyuua(yv)')
  const fields = new Map((list as readonly (readonly [number, Variant])[]).map(([code, { value }]) => [code, value]))
  const text = (name: keyof typeof FIELDS) => String(fields.get(FIELDS[name]) ?? '')
  const kind = TYPES[Number(type) - 1]
  if (kind === undefined) throw badMessage()
  return {
    type: kind,
    path: text('path'),
    member: text('member'),
    errorName: text('errorName'),
    replySerial: Number(fields.get(FIELDS.replySerial) ?? 0),
    values: new BusReader(bytes.subarray(bytes.length - Number(bodySize))).values(text('signature')),
  }
}

function badMessage(): SystemdError {
  return new SystemdError('SYSTEMD_BAD_ANSWER', 'what came from D-Bus is no message', { kind: 'corrupt' })
}
