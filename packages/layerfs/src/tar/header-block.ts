import { corrupt } from './corrupt.ts'
import { BLOCK_BYTES } from './tar-header.ts'
import { readNumber } from './tar-numbers.ts'

/** The fields of one 512-byte header as they stand there, before extensions. */
export interface HeaderBlock {
  readonly name: Buffer
  readonly linkName: Buffer
  readonly typeFlag: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
  readonly mtimeSeconds: number
  readonly major: number
  readonly minor: number
}

const CHECKSUM = { name: 'checksum', at: 148, length: 8 }
const NUL = 0

/** Whether a block has only zeros, as the two at the end of an archive. */
export function isZeroBlock(block: Buffer): boolean {
  for (let i = 0; i < BLOCK_BYTES; i++) if (block[i] !== 0) return false
  return true
}

/**
 * Reads a header of the V7, ustar, star or GNU format.
 * @throws LayerfsError `TAR_CORRUPT` when the checksum is wrong or a field is malformed
 */
export function readHeaderBlock(block: Buffer): HeaderBlock {
  if (!hasChecksum(block)) throw corrupt('the checksum of a header is wrong')
  const typeFlag = String.fromCharCode(block[156] ?? 0)
  const isDevice = typeFlag === '3' || typeFlag === '4'
  return {
    name: nameOf(block),
    linkName: text(block, 157, 100),
    typeFlag,
    mode: readNumber(block, { name: 'mode', at: 100, length: 8 }),
    uid: readNumber(block, { name: 'uid', at: 108, length: 8 }),
    gid: readNumber(block, { name: 'gid', at: 116, length: 8 }),
    sizeBytes: readNumber(block, { name: 'size', at: 124, length: 12 }),
    mtimeSeconds: readNumber(block, { name: 'mtime', at: 136, length: 12 }),
    major: isDevice ? readNumber(block, { name: 'device major', at: 329, length: 8 }) : 0,
    minor: isDevice ? readNumber(block, { name: 'device minor', at: 337, length: 8 }) : 0,
  }
}

/** POSIX sums unsigned bytes; some old writers summed signed ones. */
function hasChecksum(block: Buffer): boolean {
  let unsigned = 0
  let high = 0
  for (let i = 0; i < BLOCK_BYTES; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : (block[i] ?? 0)
    unsigned += byte
    high += byte >> 7
  }
  const stored = readNumber(block, CHECKSUM)
  return stored === unsigned || stored === unsigned - high * 256
}

function nameOf(block: Buffer): Buffer {
  const name = text(block, 0, 100)
  if (block.toString('latin1', 257, 263) !== 'ustar\0') return name
  const isStar = block.toString('latin1', 508, 512) === 'tar\0'
  const prefix = text(block, 345, isStar ? 131 : 155)
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name])
}

/** A copy, so that a short name does not keep a large chunk in memory. */
function text(block: Buffer, at: number, length: number): Buffer {
  const end = block.indexOf(NUL, at)
  return Buffer.from(block.subarray(at, end < 0 || end > at + length ? at + length : end))
}
