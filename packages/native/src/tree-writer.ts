import { NativeError } from './errors.ts'
import { type HelperProcess, type HelperStatus, startHelper } from './helper-process.ts'
import { metaBytes, TreeEncoder, type TreeMeta, type TreePath, textBytes } from './tree-encoder.ts'
import { treeError } from './tree-error.ts'
import { describeTarget, type TreeTarget, writeTarget } from './tree-target.ts'
import { MessageWriter } from './wire.ts'

/** Options of {@link openTreeWriter}. */
export interface TreeWriterOptions {
  /** Ends the helper; what it has written stays. */
  readonly signal?: AbortSignal | undefined
}

/** A device or fifo. */
export interface TreeNode {
  readonly type: 'char' | 'block' | 'fifo'
  /** @default 0 */
  readonly major?: number | undefined
  /** @default 0 */
  readonly minor?: number | undefined
}

const OP_END = 0
const OP_DIRECTORY = 1
const OP_FILE = 2
const OP_SYMLINK = 3
const OP_HARD_LINK = 4
const OP_NODE = 5
const OP_REMOVE = 6
const OP_CLEAR = 7
const OP_META = 8
const OP_SYNC = 9
const NODE_TYPES = ['char', 'block', 'fifo'] as const

const HIGH_WATER_BYTES = 4 * 1024 * 1024
const LOW_WATER_BYTES = 1024 * 1024
const OPERATION_LIMIT_BYTES = 512 * 1024

/**
 * Starts a helper that writes into a tree, confined to it. Operations are executed in order, while more are encoded;
 * the first that fails ends the helper, and its path and errno come out of `drain` or `finish`.
 */
export async function openTreeWriter(target: TreeTarget, { signal }: TreeWriterOptions = {}): Promise<TreeWriter> {
  signal?.throwIfAborted()
  const message = new MessageWriter()
  writeTarget(message, target)
  return new TreeWriter(startHelper('apply', message.finish()), describeTarget(target), signal)
}

/**
 * Writes a file tree (see {@link openTreeWriter}). The methods that name entries encode into a buffer and return at
 * once; await {@link drain} whenever {@link needsDrain}. An entry replaces whatever has its path; a directory over a
 * directory keeps the children. Missing parents are made (0755, root). Symbolic links of parents are followed inside
 * the tree, the last component never.
 */
export class TreeWriter implements AsyncDisposable {
  readonly #helper: HelperProcess
  readonly #encoder: TreeEncoder
  readonly #finished: Promise<void>
  readonly #release: () => void
  #outstandingBytes = 0
  #contentBytesLeft = 0
  #failure: unknown
  #ended = false
  #wake: (() => void) | undefined

  /** Use {@link openTreeWriter}. */
  constructor(helper: HelperProcess, targetName: string, signal: AbortSignal | undefined) {
    this.#helper = helper
    this.#encoder = new TreeEncoder((chunk, release) => this.#send(chunk, release))
    const abort = (): void => {
      this.#failure ??= signal?.reason
      helper.kill()
    }
    signal?.addEventListener('abort', abort, { once: true })
    this.#release = () => signal?.removeEventListener('abort', abort)
    this.#finished = this.#watch(helper.status, targetName)
  }

  /** Whether {@link drain} should be awaited before more is written. */
  get needsDrain(): boolean {
    return this.#outstandingBytes > HIGH_WATER_BYTES
  }

  /** Waits until the helper has taken most of what was written. Throws `NATIVE_TREE_FAILED`. */
  async drain(): Promise<void> {
    this.#encoder.flush()
    while (this.#outstandingBytes > LOW_WATER_BYTES && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Makes a directory, or sets the metadata of the one that is there. Children written later change its time: see {@link setMeta}. */
  directory(path: TreePath, meta: TreeMeta): void {
    this.#operation(OP_DIRECTORY, [path], meta)
  }

  /** Makes a file; {@link write} must then give exactly `sizeBytes` bytes. */
  file(path: TreePath, meta: TreeMeta, sizeBytes: number): void {
    this.#operation(OP_FILE, [path], meta, (encoder) => encoder.u64(sizeBytes))
    this.#contentBytesLeft = sizeBytes
  }

  /** Content of the file named last. It is copied, so the chunk is the caller's again at once. */
  write(chunk: Uint8Array): void {
    if (chunk.length > this.#contentBytesLeft)
      throw new TypeError(`${chunk.length - this.#contentBytesLeft} bytes more than the file's size`)
    this.#contentBytesLeft -= chunk.length
    this.#encoder.content(chunk)
  }

  symlink(path: TreePath, target: TreePath, meta: TreeMeta): void {
    this.#operation(OP_SYMLINK, [path, target], meta)
  }

  /** Makes another name of a file (never of what a symbolic link refers to). Throws later when `existingPath` is not there. */
  hardLink(path: TreePath, existingPath: TreePath): void {
    this.#operation(OP_HARD_LINK, [path, existingPath], undefined)
  }

  node(path: TreePath, meta: TreeMeta, { type, major = 0, minor = 0 }: TreeNode): void {
    this.#operation(OP_NODE, [path], meta, (encoder) => {
      encoder.u8(NODE_TYPES.indexOf(type))
      encoder.u32(major)
      encoder.u32(minor)
    })
  }

  /** Removes an entry with all that is below it; a missing one is fine. */
  remove(path: TreePath): void {
    this.#operation(OP_REMOVE, [path], undefined)
  }

  /** Removes the children of a directory; a missing one is fine. */
  clear(path: TreePath): void {
    this.#operation(OP_CLEAR, [path], undefined)
  }

  /** Sets the metadata of an entry that exists. Directories get theirs last, since children change the time. */
  setMeta(path: TreePath, meta: TreeMeta): void {
    this.#operation(OP_META, [path], meta)
  }

  /** Waits, before what comes next is done, until all that the file system of the tree holds is on disk. */
  sync(): void {
    this.#operation(OP_SYNC, ['.'], undefined)
  }

  /** Ends the list and waits until all of it is done. Throws `NATIVE_TREE_FAILED`, naming the path and the errno. */
  async finish(): Promise<void> {
    if (this.#contentBytesLeft > 0) throw new TypeError(`${this.#contentBytesLeft} bytes of the last file are missing`)
    this.#encoder.begin(OP_END, 0)
    this.#encoder.end()
    this.#encoder.flush()
    this.#helper.stdin.end()
    await this.#finished
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Ends the helper if it has not finished; what it has written stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#helper.kill()
    await this.#finished
  }

  #operation(opcode: number, texts: readonly TreePath[], meta: TreeMeta | undefined, more?: (encoder: TreeEncoder) => void): void {
    if (this.#contentBytesLeft > 0) throw new TypeError(`${this.#contentBytesLeft} bytes of the last file are missing`)
    let size = meta ? metaBytes(meta) : 0
    for (const text of texts) size += checkedBytes(text)
    if (size > OPERATION_LIMIT_BYTES)
      throw invalid(texts[0] ?? '', `has ${size} bytes of names and attributes; ${OPERATION_LIMIT_BYTES} is the limit`)
    this.#encoder.begin(opcode, size + 16)
    for (const text of texts) this.#encoder.text(text)
    if (meta) this.#encoder.meta(meta)
    more?.(this.#encoder)
    this.#encoder.end()
  }

  #send(chunk: Uint8Array, release?: () => void): void {
    if (this.#ended) return
    this.#outstandingBytes += chunk.length
    this.#helper.stdin.write(chunk, () => {
      release?.()
      this.#outstandingBytes -= chunk.length
      if (this.#outstandingBytes <= LOW_WATER_BYTES) this.#wake?.()
    })
  }

  async #watch(status: Promise<HelperStatus>, targetName: string): Promise<void> {
    try {
      const end = await status
      if (!end.ok) this.#failure ??= treeError('write', targetName, end)
    } catch (error) {
      this.#failure ??= error
    }
    this.#ended = true
    this.#release()
    this.#wake?.()
  }
}

function checkedBytes(text: TreePath): number {
  if (typeof text === 'string' ? text.includes('\0') : text.includes(0)) throw invalid(text, 'contains a NUL')
  return textBytes(text)
}

function invalid(path: TreePath, what: string): NativeError {
  const name = typeof path === 'string' ? path : Buffer.from(path).toString('utf8')
  return new NativeError('NATIVE_PATH_INVALID', `${JSON.stringify(name.slice(0, 256))} ${what}`, { kind: 'invalid' })
}
