import { OPAQUE_MARKER, readLayerName, WHITEOUT_PREFIX } from '../apply/whiteout.ts'
import { LayerfsError } from '../errors.ts'
import type { TarInput } from '../tar/write-tar.ts'

/** The entry that deletes a path of the layers below. */
export function whiteoutFor(path: Uint8Array): TarInput {
  const slash = path.lastIndexOf(0x2f)
  return marker(Buffer.concat([path.subarray(0, slash + 1), Buffer.from(WHITEOUT_PREFIX), path.subarray(slash + 1)]))
}

/** The entry that hides what the layers below have in a directory. */
export function opaqueMarkerFor(directory: Uint8Array): TarInput {
  return marker(Buffer.concat([directory, Buffer.from(`/${OPAQUE_MARKER}`)]))
}

/**
 * Refuses what would mean something else in a layer. Docker writes such files as they are: those that use the layer then delete what the
 * name stands for, and the file is lost.
 * @throws LayerfsError `LAYERFS_WHITEOUT_INVALID`
 */
export function checkLayerName(path: string): void {
  if (readLayerName(path).is === 'entry') return
  throw new LayerfsError('LAYERFS_WHITEOUT_INVALID', `a layer cannot have ${JSON.stringify(path)}: such names stand for deletions`, {
    kind: 'unsupported',
    hint: 'rename or remove it',
  })
}

function marker(path: Uint8Array): TarInput {
  return { path, type: 'file', mode: 0, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, major: 0, minor: 0, xattrs: [] }
}
