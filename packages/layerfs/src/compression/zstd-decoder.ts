import { ZSTDDecoder } from 'zstddec/stream'
import { FrameScanner } from './zstd-frames.ts'

/** Turns the chunks of one zstd body into its content, a bounded amount at a time. */
export class ZstdDecoder {
  readonly #scanner = new FrameScanner()
  /** Each is a copy, with memory of its own. */
  readonly #blocks: Generator<Uint8Array<ArrayBuffer>, void>
  #pieces: Uint8Array[] = []
  #isEnded = false
  /** Whether the decoder has asked for another piece since its last block. */
  #isPieceUsed = true
  #isBlockEmpty = false

  private constructor(decoder: ZSTDDecoder) {
    this.#blocks = decoder.decodeStreaming(this.#nextPieces()) as Generator<Uint8Array<ArrayBuffer>, void>
  }

  /** Makes the decoder, which is WebAssembly. */
  static async create(): Promise<ZstdDecoder> {
    const decoder = new ZSTDDecoder()
    await decoder.init()
    return new ZstdDecoder(decoder)
  }

  /** Takes the next bytes of the body. */
  write(chunk: Uint8Array): void {
    for (const piece of this.#scanner.split(chunk)) this.#pieces.push(piece)
  }

  /** The body ends here. */
  end(): void {
    this.#scanner.end()
    this.#isEnded = true
  }

  /** The next block of content, empty when more of the body is needed first, undefined at the end of the body. */
  read(): Uint8Array<ArrayBuffer> | undefined {
    while (this.#isEnded || this.#pieces.length > 0) {
      const { value, done } = this.#blocks.next()
      if (done === true) return undefined
      // A piece ends with a frame at the latest, so the decoder uses all of it unless it has an error, of which it says nothing.
      if (this.#isBlockEmpty && !this.#isPieceUsed) throw new Error('it does not decode')
      this.#isPieceUsed = false
      this.#isBlockEmpty = value.length === 0
      if (value.length > 0) return value
    }
    return EMPTY
  }

  *#nextPieces(): Generator<Uint8Array, void> {
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      this.#isPieceUsed = true
      yield piece
    }
  }
}

const EMPTY = new Uint8Array(0)
