import { corrupt } from './corrupt.ts'

/** Where a number stands in a header. */
export interface NumberField {
  readonly name: string
  readonly at: number
  readonly length: number
}

/**
 * Reads a number of a tar header: octal digits up to a blank or NUL, or, where the first bit is set, a big-endian
 * two's complement number (GNU's base-256). An empty field is 0.
 * @throws LayerfsError `TAR_CORRUPT` when it is neither, or beyond what a double holds exactly
 */
export function readNumber(block: Uint8Array, { name, at, length }: NumberField): number {
  const first = block[at] ?? 0
  const value = first & 0x80 ? readBase256(block, at, length) : readOctal(block, at, length)
  if (!Number.isSafeInteger(value)) throw corrupt(`the field ${name} is not a number`)
  return value
}

function readBase256(block: Uint8Array, at: number, length: number): number {
  const first = block[at] ?? 0
  let value = (first & 0x7f) - (first & 0x40 ? 0x80 : 0)
  for (let i = at + 1; i < at + length; i++) {
    value = value * 256 + (block[i] ?? 0)
    if (!Number.isSafeInteger(value)) return Number.NaN
  }
  return value
}

function readOctal(block: Uint8Array, at: number, length: number): number {
  const end = at + length
  let i = at
  while (i < end && isBlank(block[i])) i++
  let value = 0
  for (; i < end && !isBlank(block[i]); i++) {
    const digit = (block[i] ?? 0) - 0x30
    if (digit < 0 || digit > 7) return Number.NaN
    value = value * 8 + digit
  }
  return value
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0
}

const decimal = /^(-?)(\d{1,15})(?:\.(\d*))?$/

/**
 * Reads a time of a pax record, decimal seconds with a fraction, as nanoseconds. Digits beyond the ninth are dropped.
 * @throws LayerfsError `TAR_CORRUPT`
 */
export function readPaxTime(text: string): bigint {
  const [, sign, seconds, fraction = ''] = decimal.exec(text) ?? []
  if (seconds === undefined) throw corrupt(`the time ${JSON.stringify(text.slice(0, 40))} is not a number of seconds`)
  const ns = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return sign === '-' ? -ns : ns
}

/** Writes nanoseconds as a pax record does: the shortest decimal seconds. */
export function formatPaxTime(ns: bigint): string {
  const absolute = ns < 0n ? -ns : ns
  const fraction = (absolute % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '')
  return `${ns < 0n ? '-' : ''}${absolute / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`
}

/**
 * Reads a decimal number of a pax record.
 * @throws LayerfsError `TAR_CORRUPT`
 */
export function readDecimal(text: string, name: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw corrupt(`${name} is ${JSON.stringify(text.slice(0, 40))}, not a number`)
  return value
}
