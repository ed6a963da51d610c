import { LayerfsError } from '../errors.ts'
import { childOf, parentOf, showPath } from './layer-path.ts'

/** What a name in a layer stands for. */
export type LayerName =
  | { readonly is: 'entry' }
  /** `.wh.<name>`: the entry `path` of the layers below is gone. */
  | { readonly is: 'whiteout'; readonly path: string }
  /** `.wh..wh..opq`: what the layers below have in the directory `path` is gone. */
  | { readonly is: 'opaque'; readonly path: string }
  /** What AUFS kept for itself (`.wh..wh.plnk`, `.wh..wh.aufs`, …), with all that is below. */
  | { readonly is: 'ignored' }

/** The prefix of whiteouts; no entry of a layer can have a name that begins with it. */
export const WHITEOUT_PREFIX = '.wh.'
/** The name that marks a directory as opaque. */
export const OPAQUE_MARKER = '.wh..wh..opq'
const RESERVED_PREFIX = '.wh..wh.'

const ENTRY: LayerName = { is: 'entry' }
const IGNORED: LayerName = { is: 'ignored' }

/**
 * Tells whiteouts from entries.
 * @see https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
 * @throws LayerfsError `LAYERFS_WHITEOUT_INVALID` for one that names nothing, its directory or the directory above
 * (`.wh.`, `.wh..`, `.wh...`), or that is used as a directory
 */
export function readLayerName(path: string): LayerName {
  if (!path.includes(WHITEOUT_PREFIX)) return ENTRY
  const parts = path.split('/')
  const name = parts.pop() ?? ''
  if (parts.some((part) => part.startsWith(RESERVED_PREFIX))) return IGNORED
  if (parts.some((part) => part.startsWith(WHITEOUT_PREFIX))) throw invalid(path)
  if (name === OPAQUE_MARKER) return { is: 'opaque', path: parentOf(path) }
  if (name.startsWith(RESERVED_PREFIX)) return IGNORED
  if (!name.startsWith(WHITEOUT_PREFIX)) return ENTRY
  const hidden = name.slice(WHITEOUT_PREFIX.length)
  if (hidden === '' || hidden === '.' || hidden === '..') throw invalid(path)
  return { is: 'whiteout', path: childOf(parentOf(path), hidden) }
}

function invalid(path: string): LayerfsError {
  return new LayerfsError('LAYERFS_WHITEOUT_INVALID', `${JSON.stringify(showPath(path))} is no whiteout that can be followed`, {
    kind: 'corrupt',
  })
}
