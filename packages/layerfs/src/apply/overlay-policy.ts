import { LayerfsError } from '../errors.ts'
import type { TarEntryType, Xattr } from '../tar/tar-header.ts'
import { isBelow, parentOf, pathBytes, ROOT, showPath } from './layer-path.ts'
import { IMPLIED_META, type TreeSession } from './tree-session.ts'
import type { PolicyResult, WhiteoutPolicy } from './whiteout-policy.ts'

const WHITEOUT_META = { mode: 0, uid: 0, gid: 0, mtimeNs: 0n }

/**
 * For a directory that will be a layer of an overlay mount and has only this layer in it: what is whited out becomes
 * a device 0:0, an opaque directory gets overlayfs' attribute. What needs the layers below to be right, because it
 * links to their files or goes through their links, fails with `LAYERFS_NOT_SELF_CONTAINED`.
 */
export class OverlayPolicy implements WhiteoutPolicy {
  readonly #session: TreeSession
  readonly #opaque = new Set<string>()
  /** Opaque directories that the layers below have nothing to say about: theirs was whited out as a whole. */
  readonly #fresh = new Set<string>()
  /** Whiteouts that no entry has replaced. */
  readonly #whiteouts = new Set<string>()
  /** Directories made only because a whiteout is in them. */
  readonly #touched = new Set<string>()

  readonly #opaqueXattr: Xattr

  constructor(session: TreeSession, opaqueXattr: Xattr) {
    this.#session = session
    this.#opaqueXattr = opaqueXattr
  }

  whiteout(path: string): undefined {
    const { brought, writer } = this.#session
    if (brought.has(path)) {
      const type = brought.typeOf(path)
      if (type === undefined || type === 'directory') this.#makeFresh(path)
      return
    }
    if (!this.#reach(path)) return
    writer.node(pathBytes(path), WHITEOUT_META, { type: 'char' })
    this.#whiteouts.add(path)
  }

  opaque(path: string): undefined {
    if (path === ROOT) throw notSelfContained('the root is opaque, which overlayfs does not know')
    if (!this.#session.brought.has(path)) {
      if (!this.#reach(path)) return
      this.#session.writer.directory(pathBytes(path), IMPLIED_META)
      this.#touched.add(path)
      this.#whiteouts.delete(path)
    }
    this.#opaque.add(path)
  }

  prepare(path: string, type: TarEntryType): void {
    const { brought, writer } = this.#session
    for (const ancestor of brought.newAncestors(path).reverse()) {
      this.#refuseLink(ancestor)
      if (!this.#whiteouts.delete(ancestor)) continue
      writer.directory(pathBytes(ancestor), IMPLIED_META)
      this.#makeFresh(ancestor)
    }
    const before = brought.typeOf(path)
    const isReplaced = this.#whiteouts.delete(path) || (before !== undefined && before !== 'directory')
    if (type !== 'directory') this.#forget(path)
    else if (isReplaced) this.#opaque.add(path)
  }

  checkLink(path: string, existing: string): void {
    if (this.#session.brought.typeOf(existing) !== undefined) return
    throw notSelfContained(`${showPath(path)} is a hard link to ${showPath(existing)}, which the layer does not have`)
  }

  finish(): PolicyResult {
    const { directories, writer, brought } = this.#session
    const implied = [...new Set([...brought.implied(), ...this.#touched])].filter((path) => brought.typeOf(path) === undefined)
    for (const path of implied) directories.set(path, IMPLIED_META)
    for (const [path, meta] of directories) {
      const xattrs = this.#opaque.has(path) ? [...(meta.xattrs ?? []), this.#opaqueXattr] : meta.xattrs
      writer.setMeta(pathBytes(path), { ...meta, xattrs: xattrs ?? [], exact: true })
    }
    const addedInodes = implied.filter((path) => path !== ROOT).length + this.#whiteouts.size
    return { implied: implied.filter((path) => this.#isMergedWithLower(path)), addedInodes }
  }

  #makeFresh(directory: string): void {
    this.#opaque.add(directory)
    this.#fresh.add(directory)
  }

  #isMergedWithLower(path: string): boolean {
    if (this.#fresh.has(path)) return false
    for (let at = path; at !== ROOT; ) {
      at = parentOf(at)
      if (this.#opaque.has(at)) return false
    }
    return true
  }

  /** Whether a whiteout can be in its directory; not when that is hidden itself, or no directory. */
  #reach(path: string): boolean {
    const ancestors = this.#session.brought.newAncestors(path)
    if (ancestors.some((ancestor) => this.#whiteouts.has(ancestor))) return false
    for (const ancestor of ancestors) {
      this.#refuseLink(ancestor)
      const type = this.#session.brought.typeOf(ancestor)
      if (type !== undefined && type !== 'directory') return false
    }
    for (const ancestor of ancestors) this.#touched.add(ancestor)
    return true
  }

  #refuseLink(directory: string): void {
    if (this.#session.brought.typeOf(directory) !== 'symlink') return
    throw notSelfContained(`${showPath(directory)} is a symbolic link and has entries below it`)
  }

  /** What was said about a directory, and in it, is void when something else takes its place. */
  #forget(path: string): void {
    const { brought } = this.#session
    if (!brought.has(path) && !this.#touched.has(path)) return
    for (const paths of [this.#opaque, this.#fresh, this.#whiteouts, this.#touched]) {
      for (const below of paths) if (below === path || isBelow(below, path)) paths.delete(below)
    }
  }
}

function notSelfContained(reason: string): LayerfsError {
  return new LayerfsError('LAYERFS_NOT_SELF_CONTAINED', reason, {
    kind: 'invalid',
    hint: "apply the layer, with whiteouts: 'remove', to an overlay mount that has the layers below",
  })
}
