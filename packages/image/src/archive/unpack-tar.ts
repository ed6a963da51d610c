import { pipeline, Readable } from 'node:stream'
import * as zlib from 'node:zlib'
import { ImageError } from '../errors.ts'
import { release } from '../ingest.ts'
import { badArchive } from './byte-reader.ts'
import { type ArchiveEntry, readTar } from './read-tar.ts'

/**
 * Reads the entries of a tar as they come, through gzip (or zstd, where Node has it) when it is compressed. Errors of the source
 * pass as they are; damage is `IMAGE_BAD_ARCHIVE`.
 */
export async function* unpackTar(archive: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry, void, undefined> {
  const { head, body } = await peek(archive, 6)
  const compression = sniffCompression(head)
  if (compression === 'none') return yield* readTar(body)
  const decompressor = decompressorFor(compression)
  if (decompressor !== undefined) return yield* readTar(decompressed(body, decompressor))
  await release(body)
  throw new ImageError('IMAGE_BAD_ARCHIVE', `the archive is compressed with ${compression}, which cannot be read here`, {
    kind: 'unsupported',
    hint: 'decompress it first',
  })
}

async function* decompressed(
  body: AsyncIterable<Uint8Array>,
  decompressor: NodeJS.ReadWriteStream,
): AsyncGenerator<Uint8Array, void, undefined> {
  const failures: unknown[] = []
  const watched = (async function* () {
    try {
      yield* body
    } catch (error) {
      failures.push(error)
      throw error
    }
  })()
  // The iteration below sees every error; the callback only has to be there.
  pipeline(Readable.from(watched), decompressor, () => undefined)
  try {
    for await (const chunk of decompressor) yield chunk as Buffer
  } catch (error) {
    if (failures.length > 0) throw failures[0]
    throw badArchive(error instanceof Error ? error.message : String(error), error)
  }
}

/** The first bytes of a body, and the body with them still in it. */
async function peek(
  source: AsyncIterable<Uint8Array>,
  count: number,
): Promise<{ readonly head: Uint8Array; readonly body: AsyncIterableIterator<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  while (head.byteLength < count) {
    const next = await iterator.next()
    if (next.done === true) break
    head = Buffer.concat([head, next.value])
  }
  let isFirst = head.byteLength > 0
  // No generator: one that was never asked for anything would not pass `return` on to the source.
  const body: AsyncIterableIterator<Uint8Array> = {
    next: async () => {
      if (!isFirst) return iterator.next()
      isFirst = false
      return { done: false, value: head }
    },
    return: async () => {
      await iterator.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => body,
  }
  return { head, body }
}

/** Which compression the first bytes of a stream belong to. */
export function sniffCompression(head: Uint8Array): 'gzip' | 'zstd' | 'bzip2' | 'xz' | 'none' {
  const hex = Buffer.from(head.subarray(0, 6)).toString('hex')
  if (hex.startsWith('1f8b')) return 'gzip'
  if (hex.startsWith('28b52ffd')) return 'zstd'
  if (hex.startsWith('425a68')) return 'bzip2'
  return hex.startsWith('fd377a585a00') ? 'xz' : 'none'
}

function decompressorFor(compression: string): NodeJS.ReadWriteStream | undefined {
  if (compression === 'gzip') return zlib.createGunzip({ chunkSize: 256 * 1024 })
  const zstd: unknown = compression === 'zstd' && 'createZstdDecompress' in zlib ? zlib.createZstdDecompress : undefined
  return typeof zstd === 'function' ? zstd() : undefined
}
