import { createDigester, type ImageLayer, type IngestTarget, type LayerCompression, MEDIA_TYPES } from '@ct/image'
import { type CompressOptions, compress } from '../compression/compress.ts'

/** How a layer is stored. */
export interface StoreLayerOptions extends CompressOptions {
  /** @default 'gzip' */
  readonly compression?: LayerCompression | undefined
  readonly signal?: AbortSignal | undefined
}

const TYPES = { none: MEDIA_TYPES.ociLayer, gzip: MEDIA_TYPES.ociLayerGzip, zstd: MEDIA_TYPES.ociLayerZstd } as const

/** Compresses a layer and stores it, without a temporary file, computing its diffID on the way. */
export async function storeLayer(
  tar: AsyncIterable<Uint8Array>,
  target: IngestTarget,
  { compression = 'gzip', level, signal }: StoreLayerOptions,
): Promise<ImageLayer> {
  const digester = createDigester()
  async function* digested(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of tar) {
      digester.update(chunk)
      yield chunk
    }
  }
  await using ingest = await target.openIngest()
  for await (const chunk of compress(digested(), compression, { level })) {
    signal?.throwIfAborted()
    await ingest.write(chunk)
  }
  const { digest, size } = await ingest.commit()
  return { descriptor: { mediaType: TYPES[compression], digest, size }, diffId: digester.digest() }
}
