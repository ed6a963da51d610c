import { netlinkAttribute } from '@ct/native'
import { type Attribute, bigEndianAttribute, nestedAttribute, textAttribute } from './attributes.ts'
import { addressBytes, type Subnet, subnetMask } from './ipv4.ts'

/**
 * Expressions of nf_tables rules (linux/netfilter/nf_tables.h). Each loads something into a register, compares a
 * register, or decides. Register 1 has 16 bytes and is made of the 4-byte registers 8 to 11.
 */
export type Expression = Attribute

/** What {@link meta} can load. */
export const META = { inputInterface: 6, outputInterface: 7, protocol: 16 } as const
/** What {@link connection} can load. */
export const CONNECTION = { state: 0, status: 2 } as const
/** Bits of the two. */
export const ESTABLISHED_OR_RELATED = 0x6
export const DESTINATION_CHANGED = 0x20

const LIST_ELEMENT = 1
const DATA_VALUE = 1
const DATA_VERDICT = 2
const LOCAL_ADDRESS = 2
const INTERFACE_NAME_BYTES = 16
const VERDICT_REGISTER = 0

export function meta(key: number, register = 1): Expression {
  return expression('meta', [bigEndianAttribute(2, key), bigEndianAttribute(1, register)])
}

/** Loads bytes of the network header (base 1) or the transport header (base 2). */
export function payload(base: 'network' | 'transport', offset: number, length: number, register = 1): Expression {
  const fields = [register, base === 'network' ? 1 : 2, offset, length]
  return expression(
    'payload',
    fields.map((value, i) => bigEndianAttribute(i + 1, value)),
  )
}

/** Goes on with the rule only when the register has (or has not) this value. */
export function compare(value: Uint8Array, operator: 'equal' | 'unequal' = 'equal'): Expression {
  return expression('cmp', [bigEndianAttribute(1, 1), bigEndianAttribute(2, operator === 'equal' ? 0 : 1), data(3, value)])
}

/** Goes on with the rule only when the packet comes in by (or goes out by, or not by) the interface. */
export function throughInterface(direction: 'in' | 'out' | 'not out', name: string): readonly Expression[] {
  const padded = Buffer.alloc(INTERFACE_NAME_BYTES)
  padded.write(name, 'utf8')
  return [
    meta(direction === 'in' ? META.inputInterface : META.outputInterface),
    compare(padded, direction === 'not out' ? 'unequal' : 'equal'),
  ]
}

/** Goes on with the rule only when the packet comes from, or goes to (or does not go to), an address of the subnet. */
export function addressIn(field: 'source' | 'destination' | 'not destination', { base, prefixLength }: Subnet): readonly Expression[] {
  const load = payload('network', field === 'source' ? 12 : 16, 4)
  return [load, and(addressBytes(subnetMask(prefixLength))), compare(addressBytes(base), field === 'not destination' ? 'unequal' : 'equal')]
}

/** Goes on with the rule only when any of the bits is set in what is known of the packet's connection. */
export function connection(key: number, bits: number): readonly Expression[] {
  const mask = Buffer.alloc(4)
  mask.writeUInt32LE(bits)
  const load = expression('ct', [bigEndianAttribute(2, key), bigEndianAttribute(1, 1)])
  return [load, and(mask), compare(Buffer.alloc(4), 'unequal')]
}

/** Goes on with the rule only when the destination is an address of this machine. */
export function toLocalAddress(): readonly Expression[] {
  const value = Buffer.alloc(4)
  value.writeUInt32LE(LOCAL_ADDRESS)
  return [expression('fib', [bigEndianAttribute(1, 1), bigEndianAttribute(2, 3), bigEndianAttribute(3, 2)]), compare(value)]
}

/** Replaces the key in register 1 by what a map has for it; without a match the rule ends. */
export function lookup(map: string): Expression {
  return expression('lookup', [textAttribute(1, map), bigEndianAttribute(2, 1), bigEndianAttribute(3, 1)])
}

/** Changes the destination to the address in register 8 (the start of register 1) and the port in register 9. */
export function changeDestination(): Expression {
  return expression('nat', [bigEndianAttribute(1, 1), bigEndianAttribute(2, 2), bigEndianAttribute(3, 1), bigEndianAttribute(5, 9)])
}

/** Changes the source to the address of the interface the packet goes out by. */
export function masquerade(): Expression {
  return expression('masq', [])
}

export function accept(): Expression {
  return verdict(1)
}

export function drop(): Expression {
  return verdict(0)
}

export function jump(chain: string): Expression {
  return verdict(-3, chain)
}

/** Keeps only some bits of register 1. */
function and(mask: Uint8Array): Expression {
  const registers = [bigEndianAttribute(1, 1), bigEndianAttribute(2, 1), bigEndianAttribute(3, mask.length)]
  return expression('bitwise', [...registers, data(4, mask), data(5, Buffer.alloc(mask.length))])
}

/** A value as nf_tables wants it inside an attribute. */
export function data(type: number, value: Uint8Array): Attribute {
  return nestedAttribute(type, [netlinkAttribute(DATA_VALUE, value)])
}

function verdict(code: number, chain?: string): Expression {
  const parts = [bigEndianAttribute(1, code), ...(chain === undefined ? [] : [textAttribute(2, chain)])]
  return expression('immediate', [bigEndianAttribute(1, VERDICT_REGISTER), nestedAttribute(2, [nestedAttribute(DATA_VERDICT, parts)])])
}

function expression(name: string, fields: readonly Attribute[]): Expression {
  return nestedAttribute(LIST_ELEMENT, [textAttribute(1, name), nestedAttribute(2, fields)])
}
