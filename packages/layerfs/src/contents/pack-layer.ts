import type { ImageLayer, IngestTarget } from '@ct/image'
import type { TreeTarget } from '@ct/native'
import { exportTree } from '../diff/export-tree.ts'
import { type StoreLayerOptions, storeLayer } from './store-layer.ts'

/** Options of {@link packLayer}. */
export interface PackLayerOptions extends StoreLayerOptions {}

/**
 * Makes a layer of a whole tree and stores it, without a temporary file; an equal tree gives an equal layer.
 * @throws NativeError when the tree cannot be read; LayerfsError `LAYERFS_COMPRESSION_UNSUPPORTED`
 */
export function packLayer(tree: TreeTarget, target: IngestTarget, options: PackLayerOptions = {}): Promise<ImageLayer> {
  return storeLayer(exportTree(tree, { signal: options.signal }), target, options)
}
