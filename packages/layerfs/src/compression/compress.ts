import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import type { LayerCompression } from '@ct/image'
import { LayerfsError } from '../errors.ts'
import { gzipBlocks } from './gzip-blocks.ts'
import { through } from './through.ts'

/** Options of {@link compress}. */
export interface CompressOptions {
  /** From 1 (fast) to 9 for gzip, to 22 for zstd. @default 6 for gzip, 3 for zstd */
  readonly level?: number | undefined
}

const CHUNK_BYTES = 256 * 1024

type ZstdMaker = (options: { readonly chunkSize: number; readonly params: Readonly<Record<number, number>> }) => Transform

/** Present from Node 22.15 on; the type definitions are those of the oldest Node supported. */
const { createZstdCompress } = zlib as { createZstdCompress?: ZstdMaker }
/** ZSTD_c_compressionLevel of zstd.h. */
const ZSTD_LEVEL_PARAMETER = 100

/**
 * Compresses a layer in Node's thread pool, gzip on several processors at a time. Equal bytes and level give equal output with one version
 * of Node, whatever the machine; no time and no host name is in it.
 * @throws LayerfsError `LAYERFS_COMPRESSION_UNSUPPORTED` for zstd where Node has none (before 22.15)
 */
export async function* compress(
  body: AsyncIterable<Uint8Array>,
  compression: LayerCompression,
  { level }: CompressOptions = {},
): AsyncGenerator<Uint8Array, void> {
  if (compression === 'none') yield* body
  else if (compression === 'gzip') yield* gzipBlocks(body, level ?? 6)
  else yield* through(body, zstdStream(level ?? 3))
}

function zstdStream(level: number): Transform {
  if (createZstdCompress === undefined) {
    throw new LayerfsError('LAYERFS_COMPRESSION_UNSUPPORTED', `Node ${process.versions.node} cannot compress with zstd`, {
      kind: 'unsupported',
      hint: 'use gzip, or Node 22.15 or newer',
    })
  }
  return createZstdCompress({ chunkSize: CHUNK_BYTES, params: { [ZSTD_LEVEL_PARAMETER]: level } })
}
