import { corrupt } from './corrupt.ts'
import { type PaxRecord, xattrNameOf } from './pax-records.ts'
import { type Fragment, pairFragments } from './sparse-map.ts'
import type { Xattr } from './tar-header.ts'
import { readDecimal, readPaxTime } from './tar-numbers.ts'

/** What pax records say about the entry that follows; absent where they say nothing. */
export interface PaxOverrides {
  path?: Buffer
  linkPath?: Buffer
  sizeBytes?: number
  uid?: number
  gid?: number
  mtimeNs?: bigint
  readonly xattrs: Map<string, Buffer>
  readonly sparse: SparseOverrides
}

interface SparseOverrides {
  isVersion1?: boolean
  name?: Buffer
  realSizeBytes?: number
  fragments?: readonly Fragment[]
  /** The numbers of format 0.0, which repeats its two keys for each fragment. */
  readonly numbers: string[]
}

/** No overrides yet. */
export function noOverrides(): PaxOverrides {
  return { xattrs: new Map(), sparse: { numbers: [] } }
}

/**
 * What the records of a global header mean for every entry after it. What can only be meant for one entry (its path,
 * link, size, sparse map) is ignored there.
 */
export function readGlobalRecords(overrides: PaxOverrides, records: readonly PaxRecord[]): void {
  for (const record of records) if (!/^(path|linkpath|size)$|^GNU\.sparse\./.test(record[0])) readRecord(overrides, record)
}

/** What the records of a header for one entry mean, on top of the global ones. */
export function readLocalRecords(global: PaxOverrides, records: readonly PaxRecord[]): PaxOverrides {
  const overrides: PaxOverrides = { ...global, xattrs: new Map(global.xattrs), sparse: { numbers: [] } }
  for (const record of records) readRecord(overrides, record)
  if (overrides.sparse.numbers.length > 0) overrides.sparse.fragments = pairFragments(overrides.sparse.numbers)
  return overrides
}

/** The attributes of an entry, as a list. */
export function xattrsOf({ xattrs }: PaxOverrides): readonly Xattr[] {
  return xattrs.size === 0 ? NO_XATTRS : [...xattrs]
}

const NO_XATTRS: readonly Xattr[] = []

function readRecord(overrides: PaxOverrides, [key, value]: PaxRecord): void {
  if (key.startsWith('SCHILY.xattr.')) {
    overrides.xattrs.set(xattrNameOf(key.slice('SCHILY.xattr.'.length)), value)
  } else if (key.startsWith('GNU.sparse.')) {
    readSparseRecord(overrides.sparse, key.slice('GNU.sparse.'.length), value)
  } else if (key in FIELDS) {
    const field = key as keyof typeof FIELDS
    if (value.length > 0) FIELDS[field](overrides, value)
  }
}

const FIELDS = {
  path: (overrides: PaxOverrides, value: Buffer) => {
    overrides.path = value
  },
  linkpath: (overrides: PaxOverrides, value: Buffer) => {
    overrides.linkPath = value
  },
  size: (overrides: PaxOverrides, value: Buffer) => {
    overrides.sizeBytes = readDecimal(value.toString('latin1'), 'the pax size')
  },
  uid: (overrides: PaxOverrides, value: Buffer) => {
    overrides.uid = readDecimal(value.toString('latin1'), 'the pax uid')
  },
  gid: (overrides: PaxOverrides, value: Buffer) => {
    overrides.gid = readDecimal(value.toString('latin1'), 'the pax gid')
  },
  mtime: (overrides: PaxOverrides, value: Buffer) => {
    overrides.mtimeNs = readPaxTime(value.toString('latin1'))
  },
}

function readSparseRecord(sparse: SparseOverrides, key: string, value: Buffer): void {
  const text = value.toString('latin1')
  if (key === 'major') sparse.isVersion1 = checkVersion(text)
  else if (key === 'name') sparse.name = value
  else if (key === 'size' || key === 'realsize') sparse.realSizeBytes = readDecimal(text, 'the size of a sparse file')
  else if (key === 'map') sparse.fragments = text === '' ? [] : pairFragments(text.split(','))
  else if (key === 'offset' || key === 'numbytes') addNumber(sparse.numbers, key, text)
}

/** In format 0.0 an offset and its size take turns, in this order. */
function addNumber(numbers: string[], key: string, text: string): void {
  if ((numbers.length % 2 === 0) !== (key === 'offset')) throw corrupt('the map of a sparse file is out of order')
  numbers.push(text)
}

function checkVersion(text: string): boolean {
  if (text !== '0' && text !== '1') throw corrupt(`sparse format ${JSON.stringify(text.slice(0, 20))} is not known`)
  return text === '1'
}
