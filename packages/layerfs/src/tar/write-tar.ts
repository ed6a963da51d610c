import { LayerfsError } from '../errors.ts'
import { encodeTarHeader } from './encode-tar-header.ts'
import { paddingOf, type TarHeader } from './tar-header.ts'

/** An entry to write; content is needed for files that are not empty. */
export interface TarInput extends TarHeader {
  readonly content?: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | undefined
}

const BATCH_BYTES = 256 * 1024
const ZEROS = Buffer.alloc(1024)

/**
 * Writes a tar archive: ustar, with a pax header where ustar cannot say it. The bytes depend on the entries only and
 * keep their order. Content of a size other than announced fails.
 * @throws LayerfsError `TAR_CONTENT_SIZE`
 */
export async function* writeTar(entries: AsyncIterable<TarInput> | Iterable<TarInput>): AsyncGenerator<Uint8Array, void> {
  const batch = new Batch()
  for await (const entry of entries) {
    yield* batch.add(encodeTarHeader(entry))
    let leftBytes = entry.type === 'file' ? entry.sizeBytes : 0
    if (leftBytes > 0) {
      for await (const chunk of entry.content ?? []) {
        leftBytes -= chunk.length
        if (leftBytes < 0) break
        yield* batch.add(chunk)
      }
    }
    if (leftBytes !== 0) throw wrongSize(entry)
    yield* batch.add(ZEROS.subarray(0, entry.type === 'file' ? paddingOf(entry.sizeBytes) : 0))
  }
  yield* batch.add(ZEROS)
  yield* batch.flush()
}

function wrongSize({ path, sizeBytes }: TarHeader): LayerfsError {
  return new LayerfsError('TAR_CONTENT_SIZE', `${Buffer.from(path).toString()}: the content is not ${sizeBytes} bytes long`, {
    kind: 'conflict',
    hint: 'the file may have changed while it was read',
  })
}

/** Joins small pieces into large chunks, and lets large ones through uncopied. */
class Batch {
  #buffer = Buffer.allocUnsafe(BATCH_BYTES)
  #used = 0

  /** Takes bytes; gives the chunks that are full by that. */
  add(bytes: Uint8Array): readonly Uint8Array[] {
    if (bytes.length > BATCH_BYTES / 4) return [...this.flush(), bytes]
    const full = this.#used + bytes.length > BATCH_BYTES ? this.flush() : []
    this.#buffer.set(bytes, this.#used)
    this.#used += bytes.length
    return full
  }

  flush(): readonly Uint8Array[] {
    if (this.#used === 0) return []
    const chunk = this.#buffer.subarray(0, this.#used)
    this.#buffer = Buffer.allocUnsafe(BATCH_BYTES)
    this.#used = 0
    return [chunk]
  }
}
