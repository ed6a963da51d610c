import { badArchive } from './byte-reader.ts'

/** The size of a header, and what bodies are filled up to. */
export const BLOCK_BYTES = 512

/** What a header says of the entry after it, as far as archives of images need it. */
export interface TarHeader {
  readonly name: string
  readonly linkName: string
  /** The type flag; NUL is given as `0`. */
  readonly flag: string
  /** Links, devices, directories and fifos have no body, whatever their header says. */
  readonly hasBody: boolean
  readonly sizeBytes: number
}

/**
 * Reads a header of the V7, ustar or GNU format; `undefined` for a block of zeros, which ends an archive.
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
 * @throws ImageError `IMAGE_BAD_ARCHIVE`
 */
export function readTarHeader(block: Buffer): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined
  checkSum(block)
  const name = text(block, 0, 100)
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block, 345, 155) : ''
  const flag = block[156] === 0 ? '0' : block.toString('latin1', 156, 157)
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: text(block, 157, 100),
    flag,
    hasBody: !/[1-6]/.test(flag),
    sizeBytes: number(block, 124, 12),
  }
}

/** What a pax extended header says of the next entry, as far as it is needed here. */
export interface PaxRecords {
  readonly path?: string
  readonly linkpath?: string
  readonly size?: string
}

/**
 * Reads the records `<length> <key>=<value>\n` of a pax extended header.
 * @throws ImageError `IMAGE_BAD_ARCHIVE`
 */
export function readPaxRecords(data: Buffer): PaxRecords {
  const records = new Map<string, string>()
  for (let at = 0; at < data.byteLength; ) {
    const digits = /^(\d{1,8}) /.exec(data.toString('latin1', at, at + 9))?.[1]
    const end = at + Number(digits)
    const equals = data.indexOf('=', at)
    if (digits === undefined || end > data.byteLength || equals === -1 || equals >= end || data[end - 1] !== 0x0a) {
      throw badArchive('a pax record is malformed')
    }
    records.set(data.toString('utf8', at + digits.length + 1, equals), data.toString('utf8', equals + 1, end - 1))
    at = end
  }
  return Object.fromEntries(records)
}

/** Reads a size, decimal as in a pax record. */
export function readPaxSize(digits: string): number {
  const size = /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN
  if (!Number.isSafeInteger(size)) throw badArchive('a pax size is malformed')
  return size
}

/** POSIX sums unsigned bytes; some old writers summed signed ones. */
function checkSum(block: Buffer): void {
  let sum = 0
  let high = 0
  for (const [i, byte] of block.entries()) {
    const counted = i >= 148 && i < 156 ? 0x20 : byte
    sum += counted
    high += counted >> 7
  }
  const stored = number(block, 148, 8)
  if (stored !== sum && stored !== sum - high * 256) throw badArchive('it is not a tar, or the checksum of a header is wrong')
}

function text(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at)
  return block.toString('utf8', at, end === -1 ? at + length : Math.min(end, at + length))
}

/** Octal digits between blanks, or, with the highest bit set, GNU's base 256. */
function number(block: Buffer, at: number, length: number): number {
  const first = block[at] ?? 0
  if (first >= 0x80) {
    const value = block.subarray(at + 1, at + length).reduce((sum, byte) => sum * 256 + byte, first & 0x7f)
    if (Number.isSafeInteger(value)) return value
    throw badArchive('a number in a header is too large')
  }
  const digits = block.toString('latin1', at, at + length).replace(/^[ \0]+|[ \0].*$/gs, '')
  if (!/^[0-7]*$/.test(digits)) throw badArchive('a number in a header is malformed')
  return digits === '' ? 0 : Number.parseInt(digits, 8)
}
