import { type ScannedEntry, scanTree, type TreeTarget } from '@ct/native'
import { layerPath } from '../apply/layer-path.ts'
import { isOpaque } from '../overlay/overlay-xattrs.ts'
import { type TarInput, writeTar } from '../tar/write-tar.ts'
import { ScannedToTar } from './scanned-to-tar.ts'
import { checkLayerName, opaqueMarkerFor, whiteoutFor } from './whiteout-entries.ts'

/** Options of {@link diffTree}. */
export interface DiffOptions {
  /** What the tree is: the upper directory of an overlay mount. @default 'overlay-upper' */
  readonly format?: 'overlay-upper' | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The layer (an uncompressed tar archive) that a tree holds: the work is proportional to it, not to what is below.
 * Entries are in byte order, whiteouts where what they hide would be, the root first, parents before children; hard
 * links among them are kept, times are exact to the nanosecond, overlayfs' own attributes are left out. The bytes depend on the tree only.
 * @see https://github.com/opencontainers/image-spec/blob/main/layer.md
 * @throws LayerfsError `LAYERFS_WHITEOUT_INVALID` for a file whose name stands for a deletion in a layer; NativeError when the tree
 * cannot be read
 */
export function diffTree(target: TreeTarget, { signal }: DiffOptions = {}): AsyncIterable<Uint8Array> {
  return writeTar(entriesOf(target, signal))
}

async function* entriesOf(target: TreeTarget, signal: AbortSignal | undefined): AsyncGenerator<TarInput, void> {
  const converter = new ScannedToTar()
  for await (const entry of scanTree(target, { content: true, signal })) {
    checkLayerName(layerPath(entry.path))
    if (isWhiteoutDevice(entry)) {
      yield whiteoutFor(entry.path)
      continue
    }
    const input = converter.convert(entry)
    if (input !== undefined) yield input
    if (entry.type === 'directory' && isOpaque(entry.xattrs)) yield opaqueMarkerFor(entry.path)
  }
}

/** How overlayfs keeps a deletion. */
export function isWhiteoutDevice({ type, major, minor }: Pick<ScannedEntry, 'type' | 'major' | 'minor'>): boolean {
  return type === 'char' && major === 0 && minor === 0
}
