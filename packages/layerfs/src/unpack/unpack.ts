import { chainIds, type Descriptor, type Digest, type ImageLayer, type Source } from '@ct/image'
import type { LayerLimits } from '../apply/layer-limits.ts'
import type { Snapshotter } from '../snapshots/snapshotter.ts'
import { Gate } from './gate.ts'
import { LayerUnpacker } from './layer-unpacker.ts'

/** How far a layer is. */
export interface UnpackProgress {
  readonly layer: Descriptor
  readonly state: 'waiting' | 'extracting' | 'done' | 'exists'
  /** Bytes of the blob, as it is stored, that have been read; the descriptor's size is the whole. */
  readonly readBytes: number
}

/** Options of {@link unpack}. */
export interface UnpackOptions {
  /** Layers extracted at a time. @default 2 */
  readonly concurrency?: number | undefined
  readonly limits?: LayerLimits | undefined
  /** Layers that are complete stay; the others leave nothing behind. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((event: UnpackProgress) => void) | undefined
}

/**
 * Unpacks the layers of an image into committed snapshots named by their chainIDs; those that exist are taken as they
 * are. For an {@link OverlaySnapshotter} layers are extracted side by side, whatever order they stand in; all are committed from the bottom up once their
 * diffID is right, which vouches for the blob, too. When it fails, complete layers stay and nothing else. When it is done, all is on disk;
 * layers that a power cut may have left incomplete before that are gone when the snapshotter is opened again.
 * @returns the chainID of the whole image
 * @throws LayerfsError those of `applyLayer` and `decompress`; ImageError when the source does not have a blob; a
 * TypeError for an image without layers
 */
export async function unpack(
  source: Source,
  image: { readonly layers: readonly ImageLayer[] },
  snapshotter: Snapshotter,
  { concurrency = 2, limits, signal, onProgress }: UnpackOptions = {},
): Promise<{ readonly chainId: Digest }> {
  signal?.throwIfAborted()
  const chain = chainIds(image.layers.map(({ diffId }) => diffId))
  const top = chain.at(-1)
  if (top === undefined) throw new TypeError('an image without layers cannot be unpacked')
  const present = await countPresent(snapshotter, chain)
  const report = (layer: Descriptor, state: UnpackProgress['state'], readBytes = 0): void => onProgress?.({ layer, state, readBytes })
  for (const [index, { descriptor }] of image.layers.entries()) report(descriptor, index < present ? 'exists' : 'waiting')

  const failed = new AbortController()
  const gate = new Gate(concurrency)
  const unpackers = image.layers.slice(present).map((layer, index) => {
    const names = { name: chain[present + index] ?? top, parent: chain[present + index - 1] }
    return new LayerUnpacker(source, snapshotter, {
      layer,
      ...names,
      limits,
      signal: signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]),
      onState: (state, readBytes) => report(layer.descriptor, state, readBytes),
    })
  })
  const extractions = unpackers.map((unpacker) => gate.run(() => unpacker.extract()))
  for (const extraction of extractions) extraction.catch((error) => failed.abort(error))
  try {
    for (const [index, unpacker] of unpackers.entries()) {
      await extractions[index]
      await unpacker.commit()
    }
    await snapshotter.sync?.()
    return { chainId: top }
  } finally {
    failed.abort()
    await Promise.allSettled(extractions)
    for (const unpacker of unpackers) await unpacker.discard()
  }
}

/** How many layers, from the bottom, are there already. */
async function countPresent(snapshotter: Snapshotter, chain: readonly Digest[]): Promise<number> {
  for (let count = chain.length; count > 0; count--) {
    const info = await snapshotter.find(chain[count - 1] ?? '')
    if (info?.kind === 'committed') return count
  }
  return 0
}
