/** Takes records and runs of bytes out of a stream of chunks, waiting only when they are not there yet. */
export class ScanReader {
  readonly #chunks: AsyncIterator<Buffer>
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  /** Whether `bytes` can be taken without waiting. */
  has(bytes: number): boolean {
    return this.#buffer.length - this.#at >= bytes
  }

  /** Waits for `bytes`; false when the stream ended before. */
  async wait(bytes: number): Promise<boolean> {
    const parts = [this.#buffer.subarray(this.#at)]
    let length = this.#buffer.length - this.#at
    while (length < bytes) {
      const { value, done } = await this.#chunks.next()
      if (done) return false
      parts.push(value)
      length += value.length
    }
    this.#buffer = Buffer.concat(parts, length)
    this.#at = 0
    return true
  }

  /** The next `bytes`, which `has` or `wait` promised. */
  take(bytes: number): Buffer {
    this.#at += bytes
    return this.#buffer.subarray(this.#at - bytes, this.#at)
  }

  /** The next one to `most` bytes, however many are there; undefined at the end of the stream. */
  async some(most: number): Promise<Buffer | undefined> {
    if (!this.has(1)) {
      const { value, done } = await this.#chunks.next()
      if (done) return undefined
      this.#buffer = value
      this.#at = 0
    }
    return this.take(Math.min(most, this.#buffer.length - this.#at))
  }
}
