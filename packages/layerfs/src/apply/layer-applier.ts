import type { TreeMeta, TreeTarget } from '@ct/native'
import { LayerfsError } from '../errors.ts'
import { isOverlayXattr, opaqueXattr } from '../overlay/overlay-xattrs.ts'
import type { SnapshotUsage } from '../snapshots/snapshotter.ts'
import type { TarHeader, Xattr } from '../tar/tar-header.ts'
import { isBelow, layerPath, pathBytes, ROOT, showPath } from './layer-path.ts'
import { OverlayPolicy } from './overlay-policy.ts'
import { RemovingPolicy } from './removing-policy.ts'
import { TreeSession } from './tree-session.ts'
import { UsageCounter } from './usage-counter.ts'
import { readLayerName } from './whiteout.ts'
import type { WhiteoutPolicy } from './whiteout-policy.ts'

/** How whiteouts are applied: kept in the way of overlayfs, with attributes `trusted.*` or (in a user namespace) `user.*`, or carried out. */
export type WhiteoutMode = 'overlay' | 'overlay-user' | 'remove'

/** Turns the entries of a layer into operations on a tree. */
export class LayerApplier implements AsyncDisposable {
  readonly #session: TreeSession
  readonly #policy: WhiteoutPolicy
  readonly #usage = new UsageCounter()
  /** Whether the content that comes belongs to a file that is written. */
  #isWriting = false

  private constructor(session: TreeSession, whiteouts: WhiteoutMode) {
    this.#session = session
    this.#policy = whiteouts === 'remove' ? new RemovingPolicy(session) : new OverlayPolicy(session, opaqueXattr(whiteouts))
  }

  static async open(target: TreeTarget, whiteouts: WhiteoutMode, signal: AbortSignal | undefined): Promise<LayerApplier> {
    return new LayerApplier(await TreeSession.open(target, signal), whiteouts)
  }

  get needsDrain(): boolean {
    return this.#session.writer.needsDrain
  }

  drain(): Promise<void> {
    return this.#session.writer.drain()
  }

  /** Takes an entry; a promise is to be awaited before more comes. */
  begin(header: TarHeader, path: string): Promise<void> | undefined {
    this.#isWriting = false
    const name = readLayerName(path)
    if (name.is === 'whiteout') return this.#policy.whiteout(name.path)
    if (name.is === 'opaque') return this.#policy.opaque(name.path)
    if (name.is === 'ignored') return undefined
    // A device 0:0 cannot be told from a whiteout once it is in a layer of an overlay.
    if (header.type === 'char' && header.major === 0 && header.minor === 0) return this.#policy.whiteout(path)
    this.#checkPlace(header, path)
    this.#policy.prepare(path, header.type)
    this.#write(header, path)
    return undefined
  }

  content(chunk: Uint8Array): undefined {
    if (this.#isWriting) this.#session.writer.write(chunk)
  }

  /** Ends the tree; gives the directories that have entries without being one, and what the tree takes, if that is known. */
  async finish(): Promise<{ readonly implied: readonly string[]; readonly usage: SnapshotUsage | undefined }> {
    const { implied, addedInodes } = this.#policy.finish()
    await this.#session.writer.finish()
    return { implied, usage: this.#usage.total(addedInodes) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]()
  }

  #checkPlace({ type }: TarHeader, path: string): void {
    if (path === ROOT && type !== 'directory') throw invalidPlace(path, `the root of a layer cannot be a ${type}`)
    for (const ancestor of this.#session.brought.newAncestors(path)) {
      const above = this.#session.brought.typeOf(ancestor)
      if (above === undefined || above === 'directory' || above === 'symlink') continue
      throw invalidPlace(path, `it is below ${showPath(ancestor)}, a ${above}`)
    }
  }

  #write(header: TarHeader, path: string): void {
    const { brought, directories, writer } = this.#session
    const name = pathBytes(path)
    const meta = metaOf(header)
    this.#count(header, path)
    if (header.type !== 'directory' && brought.has(path)) forgetDirectories(directories, path)
    switch (header.type) {
      case 'file':
        writer.file(name, meta, header.sizeBytes)
        this.#isWriting = true
        break
      case 'directory':
        this.#session.makeDirectory(path, meta)
        break
      case 'symlink':
        writer.symlink(name, header.linkTarget ?? new Uint8Array(0), meta)
        break
      case 'hard-link':
        this.#link(header, path)
        return
      default:
        writer.node(name, meta, { type: header.type, major: header.major, minor: header.minor })
    }
    brought.add(path, header.type)
  }

  #count({ type, sizeBytes }: TarHeader, path: string): void {
    const { brought } = this.#session
    const before = brought.typeOf(path)
    if (type === 'directory' && (before === 'directory' || path === ROOT)) return
    if (before !== undefined || (type !== 'directory' && brought.isPopulated(path))) this.#usage.giveUp()
    if (type !== 'hard-link') this.#usage.add(sizeBytes)
  }

  #link({ linkTarget = new Uint8Array(0) }: TarHeader, path: string): void {
    const { brought, writer } = this.#session
    const existing = layerPath(linkTarget)
    if (existing === path) return
    this.#policy.checkLink(path, existing)
    const type = brought.typeOf(existing) ?? 'hard-link'
    if (type === 'directory') throw invalidPlace(path, `${showPath(existing)}, which it links to, is a directory`)
    writer.hardLink(pathBytes(path), pathBytes(existing))
    brought.add(path, type)
  }
}

function metaOf({ mode, uid, gid, mtimeNs, xattrs, type }: TarHeader): TreeMeta {
  const kept = xattrs.length === 0 ? xattrs : xattrs.filter(([name]) => isKept(name, type))
  return { mode, uid, gid, mtimeNs, xattrs: kept }
}

/** The kernel allows attributes of users on files and directories only. */
function isKept(name: Xattr[0], type: TarHeader['type']): boolean {
  return !isOverlayXattr(name) && (!name.startsWith('user.') || type === 'file' || type === 'directory')
}

function forgetDirectories(directories: Map<string, TreeMeta>, path: string): void {
  for (const below of directories.keys()) if (below === path || isBelow(below, path)) directories.delete(below)
}

function invalidPlace(path: string, reason: string): LayerfsError {
  return new LayerfsError('LAYERFS_PATH_INVALID', `the entry ${JSON.stringify(showPath(path))} cannot be: ${reason}`, { kind: 'corrupt' })
}
