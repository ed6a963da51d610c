import type { FileHandle } from 'node:fs/promises'
import { asNoSpace } from './write-file.ts'

const bufferBytes = 512 * 1024
/** Fresh memory is dear (each of its pages is a fault, and the garbage collector's work), so buffers are passed on. */
const spare: Buffer[] = []
const maxSpare = 4
/** When so much more is written, the disk is told to begin, while the rest arrives: little is left to wait for at the end. */
const syncBytes = 32 * 1024 * 1024

/** Appends to a file through two buffers: one is written while the other is filled. */
export class FileWriter {
  readonly #handle: FileHandle
  readonly #path: string
  #filling: Buffer | undefined
  #filled = 0
  #writing: Promise<Buffer | undefined> = Promise.resolve(undefined)
  #unsyncedBytes = 0
  /** While the disk is at it; when that failed, the kernel tells it once, so it stays here to be told by `sync`. */
  #syncing: Promise<void> | undefined

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

  /** Waits until all that was flushed is on the disk. */
  async sync(): Promise<void> {
    await this.#syncing
    await this.#handle.sync()
  }

  /** Waits for what is being written, forgets the rest, and passes the buffers on. */
  async end(): Promise<void> {
    const [written] = await Promise.allSettled([this.#writing, this.#syncing])
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
      this.#unsyncedBytes += length
      if (this.#unsyncedBytes >= syncBytes && this.#syncing === undefined) this.#startSyncing()
      return buffer
    } catch (error) {
      throw asNoSpace(error, this.#path)
    }
  }

  #startSyncing(): void {
    this.#unsyncedBytes = 0
    const syncing = this.#handle.datasync()
    this.#syncing = syncing
    syncing.then(
      () => {
        this.#syncing = undefined
      },
      () => undefined, // told by `sync`
    )
  }
}
