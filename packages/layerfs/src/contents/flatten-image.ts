import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Descriptor, draftOf, type Image, type IngestTarget, type Source, withLayers, writeImage } from '@ct/image'
import { applyLayer } from '../apply/apply-layer.ts'
import type { LayerLimits } from '../apply/layer-limits.ts'
import { decompress } from '../compression/decompress.ts'
import { removeTree } from '../snapshots/remove-tree.ts'
import { type PackLayerOptions, packLayer } from './pack-layer.ts'

/** Options of {@link flattenImage}. */
export interface FlattenOptions extends PackLayerOptions {
  /** Where the files are for a while, a directory in it. @default the system's temporary directory */
  readonly scratchDirectory?: string | undefined
  /** For each layer. */
  readonly limits?: LayerLimits | undefined
}

/**
 * Makes an image of one layer of one of many: the same files, nothing hidden. Config and annotations stay; the history is that of one
 * step. Needs root, for files keep their owners.
 * @throws what `applyLayer` and `packLayer` throw; nothing is left behind
 */
export async function flattenImage(
  source: Source,
  image: Image,
  target: IngestTarget,
  { scratchDirectory = tmpdir(), limits, ...options }: FlattenOptions = {},
): Promise<Descriptor> {
  const path = await mkdtemp(join(scratchDirectory, 'ct-flatten-'))
  using _lease = target.lease?.()
  try {
    for (const { descriptor, diffId } of image.layers) {
      const layer = decompress(source.fetch(descriptor, { signal: options.signal, verify: false }))
      await applyLayer(layer, { path }, { expectedDiffId: diffId, limits, signal: options.signal })
    }
    const layer = await packLayer({ path }, target, options)
    const created = image.config.created
    const history = [{ ...(created !== undefined && { created }), created_by: `flattened from ${image.manifestDescriptor.digest}` }]
    return await writeImage(target, withLayers(draftOf(image), [layer], history))
  } finally {
    await removeTree(path)
  }
}
