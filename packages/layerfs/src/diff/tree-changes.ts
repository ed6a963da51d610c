import { closeSync, readSync } from 'node:fs'
import { type ScannedEntry, scanTree } from '@ct/native'
import { isBelow, layerPath, parentOf, ROOT } from '../apply/layer-path.ts'
import { isOverlayXattr } from '../overlay/overlay-xattrs.ts'
import type { Xattr } from '../tar/tar-header.ts'
import { openScannedFile } from './open-scanned-file.ts'

/** What makes one tree of another. */
export interface TreeChanges {
  /** Paths of entries that are new or different, with the directories above them, whose times writing them changes. */
  readonly entries: ReadonlySet<string>
  /** Paths of what is gone, in the order of a scan; a directory stands for all that was in it. */
  readonly removed: readonly string[]
}

const COMPARED_BYTES = 128 * 1024
const SECOND = 1_000_000_000n

/** Compares two trees. Memory grows with the changes and the hard links. */
export async function findTreeChanges(base: string, tree: string, signal: AbortSignal | undefined): Promise<TreeChanges> {
  const entries = new Set<string>()
  const removed: string[] = []
  const links = { before: new LinkGroups(), after: new LinkGroups() }
  let gone: string | undefined
  const add = (path: string): void => {
    for (let at = path; !entries.has(at); at = parentOf(at)) entries.add(at)
  }
  for await (const { path, before, after } of pairs(base, tree, signal)) {
    if (before !== undefined) links.before.add(before, path)
    if (after !== undefined) links.after.add(after, path)
    const isGone = gone !== undefined && isBelow(path, gone)
    if (after !== undefined && (before === undefined || isDifferent(before, after) || isRewritten(base, tree, after))) add(path)
    if (before === undefined || after?.type === 'directory') continue
    if (before.type === 'directory' && !isGone) gone = path
    if (after !== undefined || isGone) continue
    removed.push(path)
    add(parentOf(path))
  }
  // Names of one file are written together, as soon as they are not the same names as before.
  for (const path of [...links.after.without(links.before), ...links.before.without(links.after)]) add(path)
  return { entries, removed }
}

/** A form of a path whose order is that of a scan: a directory, what is in it, then the next name. */
export function scanOrder(path: string): string {
  return path === ROOT ? '' : path.replaceAll('/', '\0')
}

/** Paths by the inode that they share. */
class LinkGroups {
  readonly #byInode = new Map<string, string[]>()

  add({ type, nlink, dev, ino }: ScannedEntry, path: string): void {
    if (type === 'directory' || nlink < 2) return
    const inode = `${dev}:${ino}`
    const paths = this.#byInode.get(inode)
    if (paths === undefined) this.#byInode.set(inode, [path])
    else paths.push(path)
  }

  /** The paths of all groups that others do not have just so. */
  without(other: LinkGroups): string[] {
    const same = new Set([...other.#byInode.values()].map((paths) => paths.join('\0')))
    return [...this.#byInode.values()].filter((paths) => !same.has(paths.join('\0'))).flat()
  }
}

interface Pair {
  readonly path: string
  readonly before?: ScannedEntry | undefined
  readonly after?: ScannedEntry | undefined
}

/** The entries of both trees, those of one path together. */
async function* pairs(base: string, tree: string, signal: AbortSignal | undefined): AsyncGenerator<Pair, void> {
  const [befores, afters] = [scanTree({ path: base }, { signal }), scanTree({ path: tree }, { signal })]
  try {
    let [before, after] = [await next(befores), await next(afters)]
    while (before !== undefined || after !== undefined) {
      const [left, right] = [before && scanOrder(layerPath(before.path)), after && scanOrder(layerPath(after.path))]
      const hasBefore = before !== undefined && (right === undefined || (left ?? '') <= right)
      const hasAfter = after !== undefined && (left === undefined || (right ?? '') <= left)
      const entry = (hasBefore ? before : after) as ScannedEntry
      yield { path: layerPath(entry.path), before: hasBefore ? before : undefined, after: hasAfter ? after : undefined }
      if (hasBefore) before = await next(befores)
      if (hasAfter) after = await next(afters)
    }
  } finally {
    await Promise.all([befores.return(undefined), afters.return(undefined)])
  }
}

async function next(entries: AsyncGenerator<ScannedEntry>): Promise<ScannedEntry | undefined> {
  const { value, done } = await entries.next()
  return done === true ? undefined : value
}

function isDifferent(before: ScannedEntry, after: ScannedEntry): boolean {
  const fields = ['type', 'uid', 'gid', 'mtimeNs', 'sizeBytes', 'major', 'minor'] as const
  if (fields.some((field) => before[field] !== after[field])) return true
  if (after.type !== 'symlink' && before.mode !== after.mode) return true
  return !isEqual(before.linkTarget, after.linkTarget) || describe(before.xattrs) !== describe(after.xattrs)
}

function isEqual(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && Buffer.compare(one, other) === 0)
}

function describe(xattrs: readonly Xattr[]): string {
  const own = xattrs.filter(([name]) => !isOverlayXattr(name)).map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`)
  return own.sort().join()
}

/**
 * Whether a file of equal size and time has other content. Nobody writes twice in one nanosecond, but a time of whole
 * seconds has come from an archive, and says little.
 */
function isRewritten(base: string, tree: string, { path, type, sizeBytes, mtimeNs }: ScannedEntry): boolean {
  if (type !== 'file' || sizeBytes === 0 || mtimeNs % SECOND !== 0n) return false
  const [one, other] = [openScannedFile(base, path), openScannedFile(tree, path)]
  try {
    const [left, right] = [Buffer.alloc(COMPARED_BYTES), Buffer.alloc(COMPARED_BYTES)]
    for (;;) {
      const [a, b] = [readSync(one, left), readSync(other, right)]
      if (a !== b || left.compare(right, 0, b, 0, a) !== 0) return true
      if (a === 0) return false
    }
  } finally {
    closeSync(one)
    closeSync(other)
  }
}
