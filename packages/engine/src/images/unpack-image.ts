import { chainIds, type Digest, type Image } from '@ct/image'
import { type OverlaySnapshotter, unpack } from '@ct/layerfs'
import type { ImageCatalog } from './image-catalog.ts'
import type { PullEvent } from './image-types.ts'

/** Options of {@link unpackImage}. */
export interface UnpackOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((event: PullEvent) => void) | undefined
}

/** Makes the snapshots of an image's layers that are missing, and gives the size of all of them. */
export async function unpackImage(
  catalog: ImageCatalog,
  snapshotter: OverlaySnapshotter,
  image: Image,
  { signal, onProgress }: UnpackOptions = {},
): Promise<number> {
  if (image.layers.length === 0) return 0
  await unpack(catalog.store, { layers: image.layers }, snapshotter, {
    signal,
    onProgress: ({ layer, state, readBytes }) =>
      onProgress?.({
        kind: 'layer',
        digest: layer.digest,
        state: state === 'waiting' ? 'downloaded' : state,
        currentBytes: readBytes,
        totalBytes: layer.size,
      }),
  })
  const sizes = await Promise.all(layerChain(image).map((key) => snapshotter.usage(key)))
  return sizes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

/** Names of the snapshots of an image, lowest first. */
export function layerChain({ layers }: Image): readonly Digest[] {
  return layers.length === 0 ? [] : chainIds(layers.map(({ diffId }) => diffId))
}
