import { NativeError } from './errors.ts'

/** The types of entry that a file tree can have. */
export type EntryType = 'directory' | 'file' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket'

/** One entry that {@link scanTree} found. */
export interface ScannedEntry {
  /** Relative to where the scan began, which is itself `.`. */
  readonly path: Uint8Array
  readonly type: EntryType
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Of a file; 0 for every other type. */
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  /** Of a device; 0 otherwise. */
  readonly major: number
  readonly minor: number
  /** Of a symbolic link. */
  readonly linkTarget?: Uint8Array
  readonly xattrs: readonly (readonly [name: string, value: Uint8Array])[]
  /** Device and inode number: entries with the same pair and `nlink` above 1 are hard links of each other. */
  readonly dev: bigint
  readonly ino: bigint
  readonly nlink: number
  /** Of a file, when asked for: exactly `sizeBytes` bytes. What is not consumed is skipped when the next entry is asked for. */
  readonly content?: AsyncIterable<Uint8Array>
}

/** By the highest four bits of st_mode (S_IFMT). */
const TYPES: Readonly<Record<number, EntryType>> = {
  1: 'fifo',
  2: 'char',
  4: 'directory',
  6: 'block',
  8: 'file',
  10: 'symlink',
  12: 'socket',
}

/** Decodes the payload of one record of the verb `scan` (PROTOCOL.md). Throws `NATIVE_TREE_FAILED` when it is cut off. */
export function decodeEntry(bytes: Buffer): ScannedEntry {
  const record = new RecordReader(bytes)
  const path = record.bytes()
  const mode = record.u32()
  const type = TYPES[mode >>> 12] ?? 'socket'
  const fields = {
    path,
    type,
    mode: mode & 0o7777,
    uid: record.u32(),
    gid: record.u32(),
    sizeBytes: Number(record.u64()) * (type === 'file' ? 1 : 0),
    mtimeNs: record.i64() * 1_000_000_000n + BigInt(record.u32()),
    major: record.u32(),
    minor: record.u32(),
    dev: record.u64(),
    ino: record.u64(),
    nlink: record.u32(),
  }
  const linkTarget = record.bytes()
  const xattrs: [string, Uint8Array][] = []
  for (let left = record.u32(); left > 0; left--) xattrs.push([record.bytes().toString('utf8'), record.bytes()])
  return type === 'symlink' ? { ...fields, linkTarget, xattrs } : { ...fields, xattrs }
}

class RecordReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#pass(4))
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#pass(8))
  }

  i64(): bigint {
    return this.#bytes.readBigInt64LE(this.#pass(8))
  }

  bytes(): Buffer {
    const size = this.u32()
    const from = this.#pass(size + 1)
    return this.#bytes.subarray(from, from + size)
  }

  /** Where the next `size` bytes begin. */
  #pass(size: number): number {
    const from = this.#at
    this.#at += size
    if (this.#at <= this.#bytes.length) return from
    throw new NativeError('NATIVE_TREE_FAILED', 'ct-native sent an entry that is cut off', { kind: 'internal', errno: 'EBADMSG' })
  }
}
