import { corruptBody } from './corrupt-body.ts'
import { isSkippableFrame, isZstdFrame, MAGIC_BYTES } from './detect-compression.ts'

/** What decoders accept by default (a window log of 27); more would let a few bytes claim gigabytes. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024
const MAX_BLOCK_BYTES = 128 * 1024
const BLOCK_HEADER_BYTES = 3
const RLE_BLOCK = 1
const RESERVED_BLOCK = 3
const CHECKSUM_BYTES = 4

/**
 * The frames of a zstd body without the skippable ones, in pieces none of which reaches over the end of a frame:
 * decoders that handle one frame at a time need it. Content is not copied. Memory is bounded by the window, which is
 * limited.
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3
 * @throws LayerfsError `LAYERFS_COMPRESSION_CORRUPT`, also when the body is incomplete or wants a window above 128 MiB
 */
export async function* zstdFrames(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const scanner = new FrameScanner()
  for await (const chunk of body) yield* scanner.split(chunk)
  scanner.end()
}

/** What comes next in the body. */
interface Part {
  readonly sizeBytes: number
  /** Whether it is passed on as it is. */
  readonly isKept: boolean
  /** Whether `next` wants to see its bytes. */
  readonly isRead: boolean
  /** What comes after it. */
  readonly next: (bytes: Buffer) => Part
}

const NOTHING = Buffer.alloc(0)

/** Walks from part to part, wherever chunks are cut. */
export class FrameScanner {
  readonly #magic: Part = { sizeBytes: MAGIC_BYTES, isKept: false, isRead: true, next: (magic) => this.#begin(magic) }
  #part = this.#magic
  #seenBytes = 0
  #read: Uint8Array[] = []
  /** The magic and header of a frame, to be passed on. */
  #header: Buffer | undefined
  #endsPiece = false

  /** @throws LayerfsError `LAYERFS_COMPRESSION_CORRUPT` in the middle of a frame */
  end(): void {
    if (this.#part !== this.#magic || this.#seenBytes > 0) throw truncated()
  }

  /** The pieces of a chunk, which are good as long as the chunk is. */
  *split(chunk: Uint8Array): Generator<Uint8Array, void> {
    let start = 0
    for (let at = 0; at < chunk.length; ) {
      const part = this.#part
      const bytes = chunk.subarray(at, at + part.sizeBytes - this.#seenBytes)
      at += bytes.length
      this.#endsPiece = at === chunk.length
      this.#take(part, bytes)
      if (!part.isKept) start = at
      if (this.#header !== undefined) yield this.#header
      this.#header = undefined
      if (!this.#endsPiece || at === start) continue
      yield chunk.subarray(start, at)
      start = at
    }
  }

  #take(part: Part, bytes: Uint8Array): void {
    this.#seenBytes += bytes.length
    if (part.isRead) this.#read.push(Buffer.from(bytes))
    if (this.#seenBytes < part.sizeBytes) return
    const read = part.isRead ? Buffer.concat(this.#read) : NOTHING
    this.#read = []
    this.#seenBytes = 0
    this.#part = part.next(read)
    while (this.#part.sizeBytes === 0) this.#part = this.#part.next(NOTHING)
  }

  #begin(magic: Buffer): Part {
    if (isSkippableFrame(magic)) return { sizeBytes: 4, isKept: false, isRead: true, next: (size) => this.#skip(size.readUInt32LE(0)) }
    if (!isZstdFrame(magic)) throw corruptBody('zstd', 'no frame begins where one should')
    return { sizeBytes: 1, isKept: false, isRead: true, next: (descriptor) => this.#readHeader(magic, descriptor) }
  }

  #skip(sizeBytes: number): Part {
    return { sizeBytes, isKept: false, isRead: false, next: () => this.#magic }
  }

  #readHeader(magic: Buffer, descriptor: Buffer): Part {
    const { isSingleSegment, dictionaryBytes, contentSizeBytes, checksumBytes } = layoutOf(descriptor[0] ?? 0)
    const next = (rest: Buffer): Part => {
      const windowBytes = isSingleSegment ? contentSize(rest.subarray(dictionaryBytes)) : windowSize(rest[0] ?? 0)
      if (windowBytes > MAX_WINDOW_BYTES) throw corruptBody('zstd', `it wants a window of ${windowBytes} bytes`)
      this.#header = Buffer.concat([magic, descriptor, rest])
      return this.#blockHeader(checksumBytes)
    }
    return { sizeBytes: (isSingleSegment ? 0 : 1) + dictionaryBytes + contentSizeBytes, isKept: false, isRead: true, next }
  }

  #blockHeader(checksumBytes: number): Part {
    return { sizeBytes: BLOCK_HEADER_BYTES, isKept: true, isRead: true, next: (block) => this.#block(block, checksumBytes) }
  }

  #block(header: Buffer, checksumBytes: number): Part {
    const fields = header.readUIntLE(0, BLOCK_HEADER_BYTES)
    const type = (fields >> 1) & 3
    if (type === RESERVED_BLOCK || fields >> 3 > MAX_BLOCK_BYTES) throw corruptBody('zstd', 'a block is malformed')
    const isLast = (fields & 1) === 1
    const next = (): Part => {
      this.#endsPiece ||= isLast
      return isLast ? this.#magic : this.#blockHeader(checksumBytes)
    }
    return { sizeBytes: (type === RLE_BLOCK ? 1 : fields >> 3) + (isLast ? checksumBytes : 0), isKept: true, isRead: false, next }
  }
}

/** What the first byte of a frame's header says about the rest of it, and about the end of the frame. */
function layoutOf(flags: number) {
  const isSingleSegment = (flags & 0x20) !== 0
  return {
    isSingleSegment,
    dictionaryBytes: [0, 1, 2, 4][flags & 3] ?? 0,
    contentSizeBytes: [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0,
    checksumBytes: (flags & 4) === 0 ? 0 : CHECKSUM_BYTES,
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function contentSize(field: Buffer): number {
  if (field.length === 8) return Number(field.readBigUInt64LE(0))
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0)
}

function truncated(): Error {
  return corruptBody('zstd', 'it ends in the middle of a frame')
}
