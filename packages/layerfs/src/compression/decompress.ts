import { createGunzip } from 'node:zlib'
import { hasErrno } from '@ct/errors'
import type { LayerCompression } from '@ct/image'
import { corruptBody } from './corrupt-body.ts'
import { detectCompression, MAGIC_BYTES } from './detect-compression.ts'
import { limitRatio } from './limit-ratio.ts'
import { through } from './through.ts'
import { unzstd } from './unzstd.ts'

/** Options of {@link decompress}. */
export interface DecompressOptions {
  /** How many times larger than the body its content may be, beyond the first 256 MiB. @default 2000 */
  readonly maxRatio?: number | undefined
  /**
   * A chunk is good only until the next one is asked for, and those of the body may be, too, which spares memory and time.
   * @default false
   */
  readonly transient?: boolean | undefined
}

/** Large chunks keep the number of trips to the thread pool, and of hash and parser calls, small; larger ones cost memory for nothing. */
const CHUNK_BYTES = 256 * 1024

/**
 * Decompresses a layer. `auto` goes by the first bytes, whatever a media type says. Gzip runs in Node's thread pool,
 * so that several layers decompress at once; zstd does so where Node has it (22.15), else in JavaScript. Several
 * gzip members or zstd frames in a row, and skippable frames, are one body.
 * @throws LayerfsError `LAYERFS_COMPRESSION_CORRUPT`, `LAYERFS_RATIO_TOO_HIGH`
 */
export async function* decompress(
  body: AsyncIterable<Uint8Array>,
  compression: LayerCompression | 'auto' = 'auto',
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void> {
  try {
    if (compression === 'auto') yield* decompressDetected(body, options)
    else if (compression === 'none') yield* body
    else yield* decompressKnown(body, compression, options)
  } catch (error) {
    if (hasErrno(error, 'Z_DATA_ERROR', 'Z_BUF_ERROR', 'Z_NEED_DICT')) throw corruptBody('gzip', error)
    if (isZstdError(error)) throw corruptBody('zstd', error)
    throw error
  }
}

function decompressKnown(
  body: AsyncIterable<Uint8Array>,
  compression: 'gzip' | 'zstd',
  { maxRatio = 2000, transient = false }: DecompressOptions,
): AsyncIterable<Uint8Array> {
  return limitRatio(body, maxRatio, (counted) =>
    compression === 'gzip'
      ? through(counted, createGunzip({ chunkSize: CHUNK_BYTES }), { transient })
      : unzstd(counted, { chunkSize: CHUNK_BYTES, transient }),
  )
}

/** Node names the errors of its zstd as the library does. */
function isZstdError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ZSTD_error_')
}

async function* decompressDetected(body: AsyncIterable<Uint8Array>, options: DecompressOptions): AsyncGenerator<Uint8Array, void> {
  const chunks = body[Symbol.asyncIterator]()
  try {
    const head = await readHead(chunks)
    yield* decompress(joined(head, chunks), detectCompression(head), options)
  } finally {
    await chunks.return?.()
  }
}

async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < MAGIC_BYTES) {
    const { value, done } = await chunks.next()
    if (done === true) break
    head = Buffer.concat([head, value])
  }
  return head
}

async function* joined(head: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  if (head.length > 0) yield head
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}
