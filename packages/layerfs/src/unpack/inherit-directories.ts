import { openTreeWriter, type TreeMeta } from '@ct/native'
import { layerPath, ROOT } from '../apply/layer-path.ts'
import { MergedDirectory } from '../overlay/merged-directory.ts'
import { isOverlayXattr } from '../overlay/overlay-xattrs.ts'
import { scanDirectory } from '../overlay/scan-directory.ts'

/**
 * Gives directories that a layer has entries in, but says nothing about, the metadata that the layers below give them.
 * @returns false when one of them is something else below, a link say: then only the kernel can merge the layer
 */
export async function inheritDirectories(
  upperDirectory: string,
  lowers: readonly string[],
  paths: readonly Uint8Array[],
): Promise<boolean> {
  if (paths.length === 0 || lowers.length === 0) return true
  const root = MergedDirectory.root(lowers)
  const found: [path: Uint8Array, meta: TreeMeta][] = []
  for (const path of paths) {
    const below = await find(root, layerPath(path))
    if (below === 'other') return false
    if (below !== undefined) found.push([path, await metaOf(below)])
  }
  await using writer = await openTreeWriter({ path: upperDirectory })
  for (const [path, meta] of found) writer.setMeta(path, meta)
  await writer.finish()
  return true
}

async function find(root: MergedDirectory, path: string): Promise<MergedDirectory | 'other' | undefined> {
  let directory = root
  for (const name of path === ROOT ? [] : path.split('/')) {
    const entry = await directory.child(Buffer.from(name, 'latin1'))
    if (entry === undefined || entry.is === 'other') return entry?.is
    directory = entry.directory
  }
  return directory
}

async function metaOf(directory: MergedDirectory): Promise<TreeMeta> {
  const { mode, uid, gid, mtimeNs, xattrs } = await scanDirectory(directory.path)
  return { mode, uid, gid, mtimeNs, xattrs: xattrs.filter(([name]) => !isOverlayXattr(name)) }
}
