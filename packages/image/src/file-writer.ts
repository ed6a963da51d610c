import type { FileHandle } from 'node:fs/promises'
import { asNoSpace } from './write-file.ts'

const bufferBytes = 512 * 1024
/** Fresh memory is dear (each of its pages is a fault, and the garbage collector's work), so buffers are passed on. */
const spare: Buffer[] = []
const maxSpare = 4

/** Appends to a file through two buffers: one is written while the other is filled. */
export class FileWriter {
  readonly #handle: FileHandle
  readonly #path: string
  #filling: Buffer | undefined
  #filled = 0
  #writing: Promise<Buffer | undefined> = Promise.resolve(undefined)

  /** The path is for errors. */
  constructor(handle: FileHandle, path: string) {
    this.#handle = handle
    this.#path = path
  }

  /** Takes a chunk, which is the caller's again when this resolves. */
  async write(chunk: Uint8Array): Promise<void> {
    for (let taken = 0; taken < chunk.byteLength; ) {
      this.#filling ??= spare.pop() ?? Buffer.allocUnsafeSlow(bufferBytes)
      const part = chunk.subarray(taken, taken + bufferBytes - this.#filled)
      this.#filling.set(part, this.#filled)
      this.#filled += part.byteLength
      taken += part.byteLength
      if (this.#filled === bufferBytes) await this.#startWriting()
    }
  }

  /** Waits until all that was taken is in the file. */
  async flush(): Promise<void> {
    await this.#startWriting()
    await this.#writing
  }

  /** Waits for what is being written, forgets the rest, and passes the buffers on. */
  async end(): Promise<void> {
    const [written] = await Promise.allSettled([this.#writing])
    for (const buffer of [this.#filling, written.status === 'fulfilled' ? written.value : undefined]) {
      if (buffer !== undefined && spare.length < maxSpare) spare.push(buffer)
    }
    this.#filling = undefined
    this.#filled = 0
    this.#writing = Promise.resolve(undefined)
  }

  /** When the buffer before this one is written, this one begins to be, and the other can be filled. */
  async #startWriting(): Promise<void> {
    const free = await this.#writing
    const buffer = this.#filling
    const length = this.#filled
    this.#filling = free
    this.#filled = 0
    this.#writing = buffer === undefined ? Promise.resolve(undefined) : this.#writeOut(buffer, length)
    // Seen by whoever awaits #writing next; this only keeps Node from taking it for unhandled.
    this.#writing.catch(() => undefined)
  }

  async #writeOut(buffer: Buffer, length: number): Promise<Buffer> {
    try {
      for (let written = 0; written < length; ) {
        const { bytesWritten } = await this.#handle.write(buffer, written, length - written)
        written += bytesWritten
      }
      return buffer
    } catch (error) {
      throw asNoSpace(error, this.#path)
    }
  }
}
