import { ImageError } from '../errors.ts'

/** Takes runs of bytes out of a body, however it is cut into chunks. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#chunks = body[Symbol.asyncIterator]()
  }

  /** The next one to `most` bytes, as many as are there; `undefined` at the end of the body. */
  async some(most: number): Promise<Uint8Array | undefined> {
    while (this.#chunk.byteLength === 0) {
      const next = await this.#chunks.next()
      if (next.done === true) return undefined
      this.#chunk = next.value
    }
    const piece = this.#chunk.subarray(0, most)
    this.#chunk = this.#chunk.subarray(piece.byteLength)
    return piece
  }

  /**
   * The next `count` bytes; `undefined` when the body has ended before the first of them.
   * @throws ImageError `IMAGE_BAD_ARCHIVE` when it ends in their midst
   */
  async take(count: number): Promise<Buffer | undefined> {
    const pieces: Uint8Array[] = []
    for (let left = count; left > 0; ) {
      const piece = await this.some(left)
      if (piece === undefined && left === count) return undefined
      if (piece === undefined) throw cutShort()
      pieces.push(piece)
      left -= piece.byteLength
    }
    return Buffer.concat(pieces, count)
  }

  /** Lets go of the body. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}

/** The error for an archive that breaks the format. */
export function badArchive(why: string, cause?: unknown): ImageError {
  return new ImageError('IMAGE_BAD_ARCHIVE', `the archive cannot be read: ${why}`, { kind: 'corrupt', hint: 'it may be cut short', cause })
}

/** The error for an archive that ends too early. */
export function cutShort(): ImageError {
  return badArchive('it ends in the middle of an entry')
}
