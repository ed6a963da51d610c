import { pipeline, Readable } from 'node:stream'
import * as zlib from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { ImageError } from '../errors.ts'

/** One entry of an archive. The body must be read to its end before the next entry is asked for. */
export interface ArchiveEntry {
  readonly name: string
  readonly type: Header['type']
  readonly linkName: string
  readonly body: AsyncIterable<Uint8Array>
}

/**
 * Reads the entries of a tar as they come, through gzip (or zstd, where Node has it) when it is compressed. Errors of the source
 * pass as they are; damage is `IMAGE_BAD_ARCHIVE`.
 */
export async function* unpackTar(archive: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry, void, undefined> {
  let sourceError: unknown
  const watched = (async function* () {
    try {
      yield* archive
    } catch (error) {
      sourceError = error
      throw error
    }
  })()
  const asBadArchive = (error: unknown): unknown => {
    if (sourceError !== undefined) return sourceError
    if (error instanceof ImageError) return error
    const why = error instanceof Error ? error.message : String(error)
    return new ImageError('IMAGE_BAD_ARCHIVE', `the archive cannot be read: ${why}`, {
      kind: 'corrupt',
      hint: 'it may be cut short',
      cause: error,
    })
  }
  async function* guarded<T>(items: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    try {
      yield* items
    } catch (error) {
      throw asBadArchive(error)
    }
  }
  const { head, body } = await peek(guarded(watched), 6)
  const entries = extract()
  const decompressor = decompressorFor(head)
  // The iteration below sees every error; the callbacks only have to be there.
  if (decompressor === undefined) pipeline(Readable.from(body), entries, () => undefined)
  else pipeline(Readable.from(body), decompressor, entries, () => undefined)
  for await (const entry of guarded(entries)) {
    const { name, type, linkname } = entry.header
    yield { name, type, linkName: linkname ?? '', body: guarded(entry as AsyncIterable<Uint8Array>) }
    entry.resume()
  }
}

/** The first bytes of a body, and the body with them still in it. */
export async function peek(
  source: AsyncIterable<Uint8Array>,
  count: number,
): Promise<{ readonly head: Uint8Array; readonly body: AsyncGenerator<Uint8Array, void, undefined> }> {
  const iterator = source[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  while (head.byteLength < count) {
    const next = await iterator.next()
    if (next.done) break
    head = Buffer.concat([head, next.value])
  }
  async function* body(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      if (head.byteLength > 0) yield head
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
    } finally {
      await iterator.return?.()
    }
  }
  return { head, body: body() }
}

/** Which compression the first bytes of a stream belong to. */
export function sniffCompression(head: Uint8Array): 'gzip' | 'zstd' | 'bzip2' | 'xz' | 'none' {
  const hex = Buffer.from(head.subarray(0, 6)).toString('hex')
  if (hex.startsWith('1f8b')) return 'gzip'
  if (hex.startsWith('28b52ffd')) return 'zstd'
  if (hex.startsWith('425a68')) return 'bzip2'
  return hex.startsWith('fd377a585a00') ? 'xz' : 'none'
}

function decompressorFor(head: Uint8Array): NodeJS.ReadWriteStream | undefined {
  const compression = sniffCompression(head)
  if (compression === 'none') return undefined
  if (compression === 'gzip') return zlib.createGunzip({ chunkSize: 256 * 1024 })
  const zstd: unknown = compression === 'zstd' && 'createZstdDecompress' in zlib ? zlib.createZstdDecompress : undefined
  if (typeof zstd === 'function') return zstd()
  throw new ImageError('IMAGE_BAD_ARCHIVE', `the archive is compressed with ${compression}, which cannot be read here`, {
    kind: 'unsupported',
    hint: 'decompress it first',
  })
}
