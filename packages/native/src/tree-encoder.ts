/** What an entry has beside its type and content. */
export interface TreeMeta {
  /** Permission bits with setuid, setgid and sticky (07777); no meaning for symbolic links. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Nanoseconds since 1970; also taken as access time. @default left as the kernel sets it */
  readonly mtimeNs?: bigint | undefined
  readonly xattrs?: readonly (readonly [name: string, value: Uint8Array])[] | undefined
  /** Remove the extended attributes that are not listed (labels of security modules excepted). @default false */
  readonly exact?: boolean | undefined
}

/** A path inside the target: relative, `/`-separated, without `..`; as bytes where it need not be UTF-8. `.` is the root. */
export type TreePath = string | Uint8Array

const CHUNK_BYTES = 256 * 1024
const META_MTIME = 1
const META_EXACT = 2
const BILLION = 1_000_000_000n

/** Takes a chunk; `release`, when given, is to be called once it has been used. */
export type EmitChunk = (chunk: Uint8Array, release?: () => void) => void

/**
 * Encodes a stream of operations (PROTOCOL.md) into large chunks, which it hands to `emit`. Fields are written in the
 * order of the calls between `begin` and `end`. Buffers are used again: the first touch of a page costs more than filling it.
 */
export class TreeEncoder {
  readonly #emit: EmitChunk
  readonly #spare: Buffer<ArrayBuffer>[] = []
  #buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  #start = 0
  #at = 0
  #operationAt = 0

  constructor(emit: EmitChunk) {
    this.#emit = emit
  }

  /** Begins an operation whose fields take at most `maxBytes`. */
  begin(opcode: number, maxBytes: number): void {
    this.#room(maxBytes + 8)
    this.#operationAt = this.#at
    this.#buffer.writeUInt32LE(opcode, this.#at)
    this.#at += 8
  }

  end(): void {
    this.#buffer.writeUInt32LE(this.#at - this.#operationAt - 8, this.#operationAt + 4)
  }

  u8(value: number): void {
    this.#at = this.#buffer.writeUInt8(value, this.#at)
  }

  u32(value: number): void {
    this.#at = this.#buffer.writeUInt32LE(value, this.#at)
  }

  u64(value: number): void {
    this.#at = this.#buffer.writeBigUInt64LE(BigInt(value), this.#at)
  }

  /** A string or bytes: length, content, NUL. */
  text(value: TreePath): void {
    const at = this.#at + 4
    const size = typeof value === 'string' ? this.#buffer.write(value, at, 'utf8') : value.length
    if (typeof value !== 'string') this.#buffer.set(value, at)
    this.#buffer.writeUInt32LE(size, this.#at)
    this.#buffer[at + size] = 0
    this.#at = at + size + 1
  }

  meta({ mode, uid, gid, mtimeNs, xattrs = [], exact = false }: TreeMeta): void {
    this.u32(mode)
    this.u32(uid)
    this.u32(gid)
    this.u8((mtimeNs === undefined ? 0 : META_MTIME) | (exact ? META_EXACT : 0))
    if (mtimeNs !== undefined) {
      const nanos = ((mtimeNs % BILLION) + BILLION) % BILLION
      this.#at = this.#buffer.writeBigInt64LE((mtimeNs - nanos) / BILLION, this.#at)
      this.u32(Number(nanos))
    }
    this.u32(xattrs.length)
    for (const [name, value] of xattrs) {
      this.text(name)
      this.text(value)
    }
  }

  /** Bytes that follow an operation, copied: whose they are may use them again at once. */
  content(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      this.#room(1)
      const free = this.#buffer.length - this.#at
      const part = at === 0 && bytes.length <= free ? bytes : bytes.subarray(at, at + free)
      this.#buffer.set(part, this.#at)
      this.#at += part.length
      at += part.length
    }
  }

  /** Hands on what has gathered. */
  flush(): void {
    if (this.#at > this.#start) this.#emit(this.#buffer.subarray(this.#start, this.#at))
    this.#start = this.#at
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    this.#retire(this.#buffer)
    this.#buffer = (bytes <= CHUNK_BYTES ? this.#spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes))
    this.#start = 0
    this.#at = 0
  }

  /** Hands on the rest of a buffer, and takes the buffer back when that, being the last of it, has been used. */
  #retire(buffer: Buffer<ArrayBuffer>): void {
    const isReusable = buffer.length === CHUNK_BYTES && this.#at > this.#start
    if (isReusable) this.#emit(buffer.subarray(this.#start, this.#at), () => this.#spare.push(buffer))
    else this.flush()
  }
}

/** The most bytes that {@link TreeEncoder.text} takes for a value. */
export function textBytes(value: TreePath): number {
  return (typeof value === 'string' ? value.length * 3 : value.length) + 5
}

/** The most bytes that {@link TreeEncoder.meta} takes. */
export function metaBytes({ xattrs = [] }: TreeMeta): number {
  return xattrs.reduce((sum, [name, value]) => sum + textBytes(name) + textBytes(value), 32)
}
