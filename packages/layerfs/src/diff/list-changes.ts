import type { BigIntStats } from 'node:fs'
import { type ScannedEntry, scanTree } from '@ct/native'
import { childOf, layerPath, parentOf, pathBytes, ROOT } from '../apply/layer-path.ts'
import { MergedDirectory } from '../overlay/merged-directory.ts'
import { isOpaque } from '../overlay/overlay-xattrs.ts'
import { isWhiteoutDevice } from './diff-tree.ts'

/** A change that a read/write layer makes to the layers below; docker's letters are C, A and D. */
export interface Change {
  /** Absolute path inside the root file system. */
  readonly path: string
  readonly kind: 'modified' | 'added' | 'deleted'
}

/** A directory of the upper layer with what the layers below have at its path. */
interface Level {
  readonly below: MergedDirectory | undefined
  /** Nothing of the layers below shows in it: it, or a directory above, is opaque. */
  readonly isOpaque: boolean
}

/**
 * What the upper directory of an overlay mount changes, as `docker diff` says it: directories above a change are
 * modified; a deleted directory stands for all that was in it; what was only touched (equal mode, owner, size and
 * time) is no change. Sorted by path.
 * @param lowers directories of the layers below, top first
 * @throws NativeError when the upper directory cannot be read
 */
export async function listChanges(upperDirectory: string, lowers: readonly string[]): Promise<Change[]> {
  const changes = new ChangeList()
  const levels = new Map<string, Level>([[ROOT, { below: MergedDirectory.root(lowers), isOpaque: false }]])
  const upperNames = new Map<string, Set<string>>()
  for await (const entry of scanTree({ path: upperDirectory })) {
    const path = layerPath(entry.path)
    if (path === ROOT) continue
    const level = levels.get(parentOf(path))
    const name = path.slice(path.lastIndexOf('/') + 1)
    upperNames.get(parentOf(path))?.add(name)
    const below = await level?.below?.child(Buffer.from(name, 'latin1'))
    if (isWhiteoutDevice(entry)) {
      if (below !== undefined) changes.add(path, 'deleted')
      continue
    }
    if (below === undefined) changes.add(path, 'added')
    else if (isDifferent(entry, below.stats)) changes.add(path, 'modified')
    if (entry.type !== 'directory') continue
    const isHiding = level?.isOpaque === true || isOpaque(entry.xattrs)
    levels.set(path, { below: below?.is === 'directory' ? below.directory : undefined, isOpaque: isHiding })
    if (isHiding && below?.is === 'directory') upperNames.set(path, new Set())
  }
  for (const [path, names] of upperNames) {
    for (const name of (await levels.get(path)?.below?.names()) ?? []) {
      if (!names.has(name)) changes.add(childOf(path, name), 'deleted')
    }
  }
  return changes.sorted()
}

/** As docker compares: times of directories say nothing, they change with what is in them. */
function isDifferent(entry: ScannedEntry, below: BigIntStats): boolean {
  const { type, mode, uid, gid, sizeBytes, mtimeNs, linkTarget } = entry
  if (typeOf(below) !== type || Number(below.mode & 0o7777n) !== mode || below.uid !== BigInt(uid) || below.gid !== BigInt(gid)) return true
  if (type === 'directory') return false
  if ((type === 'char' || type === 'block') && below.rdev !== deviceNumber(entry)) return true
  return below.mtimeNs !== mtimeNs || (isSized(type) && below.size !== BigInt(linkTarget?.length ?? sizeBytes))
}

function isSized(type: ScannedEntry['type']): boolean {
  return type === 'file' || type === 'symlink'
}

function typeOf(stats: BigIntStats): ScannedEntry['type'] {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isCharacterDevice()) return 'char'
  if (stats.isBlockDevice()) return 'block'
  return stats.isFIFO() ? 'fifo' : 'socket'
}

/** The number that stat(2) gives a device, as glibc composes it. */
function deviceNumber({ major, minor }: ScannedEntry): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return (low & 0xffn) | ((high & 0xfffn) << 8n) | ((low & ~0xffn) << 12n) | ((high & ~0xfffn) << 32n)
}

class ChangeList {
  readonly #kinds = new Map<string, Change['kind']>()

  add(path: string, kind: Change['kind']): void {
    this.#kinds.set(path, kind)
    for (let above = parentOf(path); above !== ROOT && !this.#kinds.has(above); above = parentOf(above)) this.#kinds.set(above, 'modified')
  }

  sorted(): Change[] {
    return [...this.#kinds]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, kind]) => ({ path: `/${pathBytes(path).toString('utf8')}`, kind }))
  }
}
