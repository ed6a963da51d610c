import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** Options of {@link DeferredStream.connect}. */
export interface ConnectOptions {
  /** The reader's end of stream waits for this, so that whoever has read everything also finds the state that goes with it. */
  readonly beforeEnd?: Promise<unknown> | undefined
}

/**
 * A stream to a process that may not be there yet. What is written before it is connected waits; afterwards every
 * chunk passes through as it is, with back-pressure in both directions.
 */
export class DeferredStream extends Duplex {
  #socket: Socket | undefined
  #pendingWrite: (() => void) | undefined
  #hasEnded = false

  /** `history` is read before anything that the process says. */
  constructor(history: readonly Uint8Array[] = []) {
    super({ allowHalfOpen: true })
    for (const chunk of history) this.push(chunk)
  }

  /** Takes the socket over. */
  connect(socket: Socket, { beforeEnd }: ConnectOptions = {}): void {
    if (this.destroyed) {
      socket.destroy()
      return
    }
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause()
    })
    socket.once('end', () => this.#finish(beforeEnd))
    // A reset at the end is how a process that was killed looks from here; what came before it was delivered.
    socket.once('error', () => this.#finish(beforeEnd))
    socket.once('close', () => this.#finish(beforeEnd))
    const write = this.#pendingWrite
    this.#pendingWrite = undefined
    write?.()
  }

  /** Ends a stream that will never be connected. */
  cancel(): void {
    this.#finish(undefined)
  }

  override _read(): void {
    this.#socket?.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const write = (): void => {
      const socket = this.#socket
      // A process that no longer reads its stdin is no error of the writer, as with a pipe whose reader left.
      if (socket === undefined || socket.destroyed || socket.writableEnded) done()
      else socket.write(chunk, () => done())
    }
    if (this.#socket === undefined) this.#pendingWrite = write
    else write()
  }

  override _final(done: (error?: Error | null) => void): void {
    const end = (): void => {
      if (this.#socket?.destroyed === false) this.#socket.end()
      done()
    }
    if (this.#socket === undefined) this.#pendingWrite = end
    else end()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket?.destroy()
    done(error)
  }

  #finish(beforeEnd: Promise<unknown> | undefined): void {
    const finish = (): void => {
      if (this.#hasEnded) return
      this.#hasEnded = true
      if (!this.destroyed) this.push(null)
      const write = this.#pendingWrite
      this.#pendingWrite = undefined
      write?.()
    }
    void Promise.resolve(beforeEnd).then(finish, finish)
  }
}
