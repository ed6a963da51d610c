import { writePaxRecords, xattrKeyOf } from './pax-records.ts'
import { BLOCK_BYTES, paddingOf, type TarEntryType, type TarHeader } from './tar-header.ts'
import { formatPaxTime } from './tar-numbers.ts'

const FLAGS: Readonly<Record<TarEntryType, string>> = {
  file: '0',
  'hard-link': '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
}

const SLASH = 0x2f
const NAME_BYTES = 100
const PREFIX_BYTES = 155
const MAX_ID = 0o7777777
const MAX_SIZE = 0o77777777777
const SECOND = 1_000_000_000n

/** The header of an entry: one block, after a pax header when ustar cannot hold a name, a number, a time or attributes. */
export function encodeTarHeader(header: TarHeader): Buffer {
  const path = header.type === 'directory' ? withSlash(header.path) : Buffer.from(header.path)
  const names = splitPath(path)
  const records = recordsOf(header, names === undefined ? path : undefined)
  const block = encodeBlock(header, {
    flag: FLAGS[header.type],
    name: names?.name ?? path.subarray(0, NAME_BYTES),
    prefix: names?.prefix ?? Buffer.alloc(0),
  })
  return records.length === 0 ? block : Buffer.concat([encodePaxHeader(path, records), block])
}

type Record_ = readonly [key: string, value: Uint8Array | string]

/** What ustar cannot say. */
function recordsOf(header: TarHeader, longPath: Buffer | undefined): Record_[] {
  const records: Record_[] = header.xattrs.map(([name, value]) => [xattrKeyOf(name), value])
  if (longPath !== undefined) records.push(['path', longPath])
  if (header.linkTarget !== undefined && header.linkTarget.length > NAME_BYTES) records.push(['linkpath', header.linkTarget])
  if (header.sizeBytes > MAX_SIZE) records.push(['size', String(header.sizeBytes)])
  if (header.uid > MAX_ID) records.push(['uid', String(header.uid)])
  if (header.gid > MAX_ID) records.push(['gid', String(header.gid)])
  if (!isPlainTime(header.mtimeNs)) records.push(['mtime', formatPaxTime(header.mtimeNs)])
  return records
}

function isPlainTime(ns: bigint): boolean {
  return ns >= 0n && ns % SECOND === 0n && ns / SECOND <= BigInt(MAX_SIZE)
}

function withSlash(path: Uint8Array): Buffer {
  return path.at(-1) === SLASH ? Buffer.from(path) : Buffer.concat([path, Buffer.from('/')])
}

/** Splits a long path at a slash so that ustar's two fields can hold it. */
function splitPath(path: Buffer): { readonly name: Buffer; readonly prefix: Buffer } | undefined {
  if (path.length <= NAME_BYTES) return { name: path, prefix: Buffer.alloc(0) }
  if (path.length > NAME_BYTES + PREFIX_BYTES + 1) return undefined
  const slash = path.indexOf(SLASH, path.length - NAME_BYTES - 1)
  if (slash <= 0 || slash > PREFIX_BYTES || slash === path.length - 1) return undefined
  return { name: path.subarray(slash + 1), prefix: path.subarray(0, slash) }
}

function encodePaxHeader(path: Buffer, records: readonly Record_[]): Buffer {
  const data = writePaxRecords(records)
  const name = Buffer.concat([Buffer.from('PaxHeaders.0/'), path]).subarray(0, NAME_BYTES)
  const header: TarHeader = {
    path: name,
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    sizeBytes: data.length,
    mtimeNs: 0n,
    major: 0,
    minor: 0,
    xattrs: [],
  }
  const block = encodeBlock(header, { flag: 'x', name, prefix: Buffer.alloc(0) })
  return Buffer.concat([block, data, Buffer.alloc(paddingOf(data.length))])
}

function encodeBlock(header: TarHeader, names: { readonly flag: string; readonly name: Buffer; readonly prefix: Buffer }): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES)
  const size = header.type === 'file' ? header.sizeBytes : 0
  block.set(names.name, 0)
  writeOctal(block, 100, 7, header.mode & 0o7777)
  writeOctal(block, 108, 7, fitting(header.uid, MAX_ID))
  writeOctal(block, 116, 7, fitting(header.gid, MAX_ID))
  writeOctal(block, 124, 11, fitting(size, MAX_SIZE))
  writeOctal(block, 136, 11, isPlainTime(header.mtimeNs) ? Number(header.mtimeNs / SECOND) : wholeSeconds(header.mtimeNs))
  block.write(names.flag, 156, 'latin1')
  block.set((header.linkTarget ?? []).slice(0, NAME_BYTES), 157)
  block.write('ustar\u000000', 257, 'latin1')
  writeOctal(block, 329, 7, header.major)
  writeOctal(block, 337, 7, header.minor)
  block.set(names.prefix, 345)
  let sum = 8 * 0x20
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** The nearest that an old reader, which does not know pax, can be told. */
function wholeSeconds(ns: bigint): number {
  return ns < 0n ? 0 : Number(ns / SECOND > BigInt(MAX_SIZE) ? 0n : ns / SECOND)
}

function fitting(value: number, max: number): number {
  return value > max ? 0 : value
}

function writeOctal(block: Buffer, at: number, digits: number, value: number): void {
  block.write(value.toString(8).padStart(digits, '0'), at, 'latin1')
}
