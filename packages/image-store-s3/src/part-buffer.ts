const FIRST_BYTES = 64 * 1024

/** Gathers chunks of any size into a part of one. It grows with what comes, so that a small blob takes little memory. */
export class PartBuffer {
  readonly #limitBytes: number
  #bytes = Buffer.alloc(0)
  #filled = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get isFull(): boolean {
    return this.#filled === this.#limitBytes
  }

  /** Takes as much of a chunk as there is room for, and says how much that was. */
  fill(chunk: Uint8Array): number {
    const needed = Math.min(this.#filled + chunk.byteLength, this.#limitBytes)
    if (needed > this.#bytes.byteLength) {
      const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(needed, 2 * this.#bytes.byteLength, FIRST_BYTES), this.#limitBytes))
      this.#bytes.copy(grown, 0, 0, this.#filled)
      this.#bytes = grown
    }
    const taken = needed - this.#filled
    this.#bytes.set(chunk.subarray(0, taken), this.#filled)
    this.#filled = needed
    return taken
  }

  /** What was gathered; the next part begins. */
  take(): Uint8Array {
    const part = this.#bytes.subarray(0, this.#filled)
    this.#bytes = Buffer.alloc(0)
    this.#filled = 0
    return part
  }
}
