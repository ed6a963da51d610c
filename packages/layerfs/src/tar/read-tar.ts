import type { TarHeader } from './tar-header.ts'
import { TarParser } from './tar-parser.ts'

/** An entry of an archive with its content, which is empty for everything but files. */
export interface TarEntry extends TarHeader {
  /** May be left unread; ends early once the next entry was asked for. */
  readonly content: AsyncIterable<Uint8Array>
}

/**
 * Reads a tar archive entry by entry: V7, ustar, pax and GNU, with long names, sparse files, attributes and times as
 * exact as they stand there. Leaving the loop early releases the body.
 * @throws LayerfsError `TAR_CORRUPT`, `TAR_TRUNCATED`, `TAR_UNSUPPORTED`, `TAR_HEADER_TOO_LARGE`
 */
export async function* readTar(body: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void> {
  const entries = new EntryReader(parse(body))
  try {
    for (let header = await entries.next(); header !== undefined; header = await entries.next()) {
      yield { ...header, content: entries.content() }
    }
  } finally {
    await entries.close()
  }
}

async function* parse(body: AsyncIterable<Uint8Array>): AsyncGenerator<TarHeader | Uint8Array, void> {
  const parser = new TarParser()
  for await (const chunk of body) yield* parser.write(chunk)
  parser.end()
}

/** Tells headers from content, one header ahead. */
class EntryReader {
  readonly #events: AsyncGenerator<TarHeader | Uint8Array, void>
  #ahead: TarHeader | undefined
  #isDone = false
  #entries = 0

  constructor(events: AsyncGenerator<TarHeader | Uint8Array, void>) {
    this.#events = events
  }

  async next(): Promise<TarHeader | undefined> {
    while (this.#ahead === undefined && !this.#isDone) await this.#chunk()
    const header = this.#ahead
    this.#ahead = undefined
    this.#entries++
    return header
  }

  /** The content of the present entry; bound to it now, not when it is first read. */
  content(): AsyncIterable<Uint8Array> {
    return this.#contentOf(this.#entries)
  }

  async *#contentOf(entry: number): AsyncGenerator<Uint8Array, void> {
    while (entry === this.#entries) {
      const chunk = await this.#chunk()
      if (chunk === undefined) return
      yield chunk
    }
  }

  async close(): Promise<void> {
    await this.#events.return()
  }

  async #chunk(): Promise<Uint8Array | undefined> {
    if (this.#ahead !== undefined || this.#isDone) return undefined
    const { value, done } = await this.#events.next()
    if (done === true) this.#isDone = true
    else if (value instanceof Uint8Array) return value
    else this.#ahead = value
    return undefined
  }
}
