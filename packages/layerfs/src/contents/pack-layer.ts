import { createDigester, type ImageLayer, type IngestTarget, type LayerCompression, MEDIA_TYPES } from '@ct/image'
import type { TreeTarget } from '@ct/native'
import { type CompressOptions, compress } from '../compression/compress.ts'
import { exportTree } from '../diff/export-tree.ts'

/** Options of {@link packLayer}. */
export interface PackLayerOptions extends CompressOptions {
  /** @default 'gzip' */
  readonly compression?: LayerCompression | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes a layer of a whole tree and stores it, without a temporary file; an equal tree gives an equal layer.
 * @throws NativeError when the tree cannot be read; LayerfsError `LAYERFS_COMPRESSION_UNSUPPORTED`
 */
export async function packLayer(
  tree: TreeTarget,
  target: IngestTarget,
  { compression = 'gzip', level, signal }: PackLayerOptions = {},
): Promise<ImageLayer> {
  const digester = createDigester()
  async function* digested(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of exportTree(tree, { signal })) {
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

const TYPES = { none: MEDIA_TYPES.ociLayer, gzip: MEDIA_TYPES.ociLayerGzip, zstd: MEDIA_TYPES.ociLayerZstd } as const
