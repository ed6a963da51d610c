import type { Dispatcher } from 'undici'

const slabBytes = 256 * 1024
const minSlabBytes = 4 * 1024
/** So much may wait for a slow receiver before the connection does. */
const maxSlabs = 4
/** A body that nobody wants is read to its end when it is short, to keep the connection. */
const maxDumpBytes = 128 * 1024

interface Slab {
  readonly buffer: Buffer
  filledBytes: number
  takenBytes: number
}

/** The body of an answer: copied out of the connection's buffer into slabs, from which it is taken once. */
export class ResponseBody {
  readonly #controller: Dispatcher.DispatchController
  readonly #slabBytes: number
  readonly #slabs: Slab[] = []
  readonly #free: Buffer[] = []
  #failure: { readonly error: unknown } | undefined
  #hasEnded = false
  #wake: () => void = () => undefined

  /** A length helps to take no more memory than needed. */
  constructor(controller: Dispatcher.DispatchController, contentLength: number | undefined) {
    this.#controller = controller
    this.#slabBytes = Math.max(minSlabBytes, Math.min(slabBytes, contentLength ?? slabBytes))
  }

  /** Takes in what has arrived. */
  add(chunk: Uint8Array): void {
    for (let copied = 0; copied < chunk.byteLength; ) {
      const slab = this.#filling()
      const part = chunk.subarray(copied, copied + slab.buffer.byteLength - slab.filledBytes)
      slab.buffer.set(part, slab.filledBytes)
      slab.filledBytes += part.byteLength
      copied += part.byteLength
    }
    if (this.#slabs.length > maxSlabs) this.#controller.pause()
    this.#wake()
  }

  /** The body is complete, or, given a failure, broken. */
  end(failure?: { readonly error: unknown }): void {
    this.#hasEnded = true
    this.#failure ??= failure
    this.#wake()
  }

  /**
   * The bytes as they come. Transient chunks are good until the next one is asked for. Whoever stops early closes the connection.
   * Throws what undici says of a broken connection.
   */
  async *chunks({ transient = false }: { readonly transient?: boolean | undefined } = {}): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const chunk = this.#take()
        if (chunk !== undefined) yield chunk
        else if (this.#hasEnded) break
        else await this.#arrival()
        this.#giveBack(transient)
      }
      if (this.#failure !== undefined) throw this.#failure.error
    } finally {
      this.#letGo()
    }
  }

  /** Reads to the end if that is near, and else closes the connection. Never fails. */
  async dump(): Promise<void> {
    let sizeBytes = 0
    try {
      for await (const { byteLength } of this.chunks({ transient: true })) {
        sizeBytes += byteLength
        if (sizeBytes > maxDumpBytes) break
      }
    } catch (error) {
      // The answer is known, only the rest of its body is not.
      if (!(error instanceof Error)) throw error
    }
  }

  /** All that has arrived of the first slab. */
  #take(): Uint8Array | undefined {
    const [slab] = this.#slabs
    if (slab === undefined || slab.takenBytes === slab.filledBytes) return undefined
    const chunk = slab.buffer.subarray(slab.takenBytes, slab.filledBytes)
    slab.takenBytes = slab.filledBytes
    return chunk
  }

  /** The chunk that was taken is not needed any more, or, unless transient, belongs to somebody else now. */
  #giveBack(transient: boolean): void {
    const [slab] = this.#slabs
    if (slab !== undefined && slab.takenBytes === slab.filledBytes) {
      if (slab.filledBytes === slab.buffer.byteLength) {
        this.#slabs.shift()
        if (transient) this.#free.push(slab.buffer)
      } else if (transient) {
        slab.filledBytes = 0
        slab.takenBytes = 0
      }
    }
    if (this.#controller.paused && this.#slabs.length < maxSlabs) this.#controller.resume()
  }

  #filling(): Slab {
    const last = this.#slabs.at(-1)
    if (last !== undefined && last.filledBytes < last.buffer.byteLength) return last
    const slab = { buffer: this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#slabBytes), filledBytes: 0, takenBytes: 0 }
    this.#slabs.push(slab)
    return slab
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #letGo(): void {
    this.#slabs.length = 0
    this.#free.length = 0
    if (!this.#hasEnded) this.#controller.abort(new Error('the rest of the answer is not wanted'))
  }
}
