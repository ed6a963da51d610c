import { parentOf, pathBytes, ROOT } from '../apply/layer-path.ts'
import { IMPLIED_META } from '../apply/tree-session.ts'
import { scanOrder } from '../diff/tree-changes.ts'
import { whiteoutFor } from '../diff/whiteout-entries.ts'
import type { TarHeader } from '../tar/tar-header.ts'
import type { ContentPlace, MergedTree, PlacedFile } from './merged-files.ts'

/** The layer that makes one stack of layers of another. */
export interface SquashPlan {
  /** What needs no content, parents before children: directories, and whiteouts of what is gone. */
  readonly frame: readonly TarHeader[]
  /** By the entry of a layer that has their content: the names that everything else is to have, first one first. */
  readonly names: ReadonlyMap<string, readonly string[]>
}

/** The key of {@link SquashPlan.names}. */
export function placeKey({ layer, entry }: ContentPlace): string {
  return `${layer}:${entry}`
}

/**
 * Compares what is visible of some layers with what is visible with more on top of them. Names that share a file are written together as
 * soon as one of them is new, for a layer cannot link to what is below it.
 */
export function planSquash(before: MergedTree, after: MergedTree): SquashPlan {
  const frame = new Map<string, TarHeader>()
  for (const [path, { header }] of changed(before, after)) if (header !== undefined) frame.set(path, { ...header, path: pathBytes(path) })
  // What an entry has said about a directory goes with it; when it comes again, nothing may be said any more.
  for (const path of after.implied) if (!before.implied.has(path)) frame.set(path, impliedDirectory(path))
  for (const path of [...before.files.keys(), ...before.implied]) {
    if (!has(after, path) && isDirectory(after, parentOf(path))) frame.set(path, whiteoutFor(pathBytes(path)))
  }
  const paths = [...frame.keys()].sort((a, b) => (scanOrder(a) < scanOrder(b) ? -1 : 1))
  return { frame: paths.flatMap((path) => frame.get(path) ?? []), names: namesOf(before, after) }
}

function namesOf(before: MergedTree, after: MergedTree): ReadonlyMap<string, readonly string[]> {
  const wanted = new Map<string, string[]>()
  for (const [, { place, header }] of changed(before, after)) if (header === undefined) wanted.set(placeKey(place), [])
  for (const [path, { place }] of after.files) wanted.get(placeKey(place))?.push(path)
  for (const paths of wanted.values()) paths.sort()
  return wanted
}

function changed(before: MergedTree, after: MergedTree): [path: string, placed: PlacedFile][] {
  return [...after.files].filter(([path, placed]) => before.files.get(path) !== placed)
}

function has({ files, implied }: MergedTree, path: string): boolean {
  return files.has(path) || implied.has(path)
}

function isDirectory({ files, implied }: MergedTree, path: string): boolean {
  return path === ROOT || implied.has(path) || files.get(path)?.file.type === 'directory'
}

function impliedDirectory(path: string): TarHeader {
  const { mode, uid, gid } = IMPLIED_META
  return { path: pathBytes(path), type: 'directory', mode, uid, gid, sizeBytes: 0, mtimeNs: 0n, major: 0, minor: 0, xattrs: [] }
}
