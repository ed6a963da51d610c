import type { ImageLayer, IngestTarget } from '@ct/image'
import type { TreeTarget } from '@ct/native'
import { layerPath } from '../apply/layer-path.ts'
import { treeEntries } from '../diff/export-tree.ts'
import { checkLayerName } from '../diff/whiteout-entries.ts'
import { type TarInput, writeTar } from '../tar/write-tar.ts'
import { type StoreLayerOptions, storeLayer } from './store-layer.ts'

/** Options of {@link packLayer}. */
export interface PackLayerOptions extends StoreLayerOptions {}

/**
 * Makes a layer of a whole tree and stores it, without a temporary file; an equal tree gives an equal layer.
 * @throws NativeError when the tree cannot be read; LayerfsError `LAYERFS_COMPRESSION_UNSUPPORTED`, `LAYERFS_WHITEOUT_INVALID` for a
 * name that a layer cannot have
 */
export function packLayer(tree: TreeTarget, target: IngestTarget, options: PackLayerOptions = {}): Promise<ImageLayer> {
  return storeLayer(writeTar(layerEntries(tree, options.signal)), target, options)
}

async function* layerEntries(tree: TreeTarget, signal: AbortSignal | undefined): AsyncGenerator<TarInput, void, undefined> {
  for await (const entry of treeEntries(tree, signal)) {
    checkLayerName(layerPath(entry.path))
    yield entry
  }
}
