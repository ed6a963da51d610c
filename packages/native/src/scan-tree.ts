import { type HelperProcess, startHelper } from './helper-process.ts'
import { ScanReader } from './scan-reader.ts'
import { decodeEntry, type ScannedEntry } from './scanned-entry.ts'
import { treeError } from './tree-error.ts'
import { describeTarget, type TreeTarget, writeTarget } from './tree-target.ts'
import { MessageWriter } from './wire.ts'

/** Options of {@link scanTree}. */
export interface ScanOptions {
  /** Read the content of files. @default false */
  readonly content?: boolean | undefined
  /** Where in the target the scan begins: a directory, or a single entry. Links of its parents are followed inside the target. @default '.' */
  readonly subpath?: string | undefined
  /** Read extended attributes. @default true */
  readonly xattrs?: boolean | undefined
  /** When `subpath` itself is a symbolic link, begin at what it refers to, inside the target. @default false */
  readonly followSubpath?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

const OP_OPTIONS = 3
const RECORD_END = 0
const HEADER_BYTES = 8
const WITH_CONTENT = 1
const WITH_XATTRS = 2
const FOLLOW = 4

/**
 * Reads a file tree: siblings in byte order, every directory before what is in it. Entries that disappear meanwhile
 * are left out; a file that shrinks while it is read is filled up with zeros. Leaving the loop early ends the helper.
 * Throws `NATIVE_TREE_FAILED`, naming the path and the errno.
 */
export async function* scanTree(target: TreeTarget, options: ScanOptions = {}): AsyncGenerator<ScannedEntry> {
  const { content = false, subpath = '.', xattrs = true, followSubpath = false, signal } = options
  signal?.throwIfAborted()
  const message = new MessageWriter()
  writeTarget(message, target)
  message
    .operation(OP_OPTIONS)
    .u8((content ? WITH_CONTENT : 0) | (xattrs ? WITH_XATTRS : 0) | (followSubpath ? FOLLOW : 0))
    .string(subpath)
  const helper = startHelper('scan', message.finish(), { stdout: true })
  const abort = (): void => helper.kill()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    yield* readEntries(helper, content, describeTarget(target))
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
    helper.kill()
    helper.stdout.destroy()
    await helper.status.catch(() => undefined)
  }
}

async function* readEntries(helper: HelperProcess, hasContent: boolean, targetName: string): AsyncGenerator<ScannedEntry> {
  const reader = new ScanReader(helper.stdout)
  for (;;) {
    if (!reader.has(HEADER_BYTES) && !(await reader.wait(HEADER_BYTES))) break
    const header = reader.take(HEADER_BYTES)
    const size = header.readUInt32LE(4)
    if (header.readUInt16LE(0) === RECORD_END) return
    if (!reader.has(size) && !(await reader.wait(size))) break
    const entry = decodeEntry(reader.take(size))
    if (hasContent && entry.type === 'file') {
      const content = new EntryContent(reader, entry.sizeBytes)
      yield { ...entry, content }
      if (!(await content.skip())) break
    } else yield entry
  }
  throw treeError('read', targetName, await helper.status)
}

/** The bytes of one file, taken from the stream that all entries share. */
class EntryContent implements AsyncIterable<Uint8Array> {
  readonly #reader: ScanReader
  #left: number

  constructor(reader: ScanReader, sizeBytes: number) {
    this.#reader = reader
    this.#left = sizeBytes
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (this.#left > 0) {
      const chunk = await this.#reader.some(this.#left)
      if (!chunk) throw new Error('the scan ended in the middle of a file')
      this.#left -= chunk.length
      yield chunk
    }
  }

  /** Passes over what was not read; false when the stream ended before. */
  async skip(): Promise<boolean> {
    while (this.#left > 0) {
      const chunk = await this.#reader.some(this.#left)
      if (!chunk) return false
      this.#left -= chunk.length
    }
    return true
  }
}
