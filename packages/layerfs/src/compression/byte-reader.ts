/** Reads exact numbers of bytes from a body, copying only what lies across chunks. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#chunks = body[Symbol.asyncIterator]()
  }

  /** The next bytes; fewer only at the end of the body. */
  async read(sizeBytes: number): Promise<Buffer> {
    const pieces: Uint8Array[] = []
    let missing = sizeBytes
    while (missing > 0 && (await this.#fill())) {
      const piece = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(piece.length)
      missing -= piece.length
      pieces.push(piece)
    }
    const [only] = pieces
    if (only === undefined || pieces.length > 1) return Buffer.concat(pieces)
    return Buffer.from(only.buffer, only.byteOffset, only.byteLength)
  }

  /** Leaves bytes out; says whether all of them were there. */
  async skip(sizeBytes: number): Promise<boolean> {
    let missing = sizeBytes
    while (missing > 0 && (await this.#fill())) {
      const skipped = Math.min(missing, this.#rest.length)
      this.#rest = this.#rest.subarray(skipped)
      missing -= skipped
    }
    return missing === 0
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#chunks.next()
      if (done === true) return false
      this.#rest = value
    }
    return true
  }
}
