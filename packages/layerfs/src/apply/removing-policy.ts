import { isUtf8 } from 'node:buffer'
import { scanTree } from '@ct/native'
import { isBelow, layerPath, parentOf, pathBytes, ROOT } from './layer-path.ts'
import { IMPLIED_META, type TreeSession } from './tree-session.ts'
import type { PolicyResult, WhiteoutPolicy } from './whiteout-policy.ts'

/** For a tree that has the layers below in it: what is whited out is removed. */
export class RemovingPolicy implements WhiteoutPolicy {
  readonly #session: TreeSession
  readonly #whiteouts = new Set<string>()
  readonly #opaque = new Set<string>()

  constructor(session: TreeSession) {
    this.#session = session
  }

  whiteout(path: string): Promise<void> | undefined {
    const { brought, writer } = this.#session
    const type = brought.typeOf(path)
    this.#whiteouts.add(path)
    if (!brought.has(path)) writer.remove(pathBytes(path))
    else if (type === undefined || type === 'directory') return this.#removeWhatWasBelow(path)
    return undefined
  }

  opaque(path: string): Promise<void> | undefined {
    this.#opaque.add(path)
    if (this.#session.brought.isPopulated(path)) return this.#removeWhatWasBelow(path)
    this.#session.writer.clear(pathBytes(path))
    return undefined
  }

  prepare(): void {
    // an entry replaces what is there
  }

  checkLink(): void {
    // the files of lower layers are there
  }

  finish(): PolicyResult {
    const { directories, writer, brought } = this.#session
    const implied = brought.implied()
    for (const path of implied) if (this.#isFresh(path)) directories.set(path, IMPLIED_META)
    for (const [path, meta] of directories) writer.setMeta(pathBytes(path), { ...meta, exact: true })
    return { implied, addedInodes: undefined }
  }

  /** Whether the directory that the layers below have at a path, if any, is hidden; it is still there when its whiteout came after its entries. */
  #isFresh(path: string): boolean {
    if (this.#whiteouts.has(path)) return true
    for (let at = path; at !== ROOT; ) {
      at = parentOf(at)
      if (this.#session.brought.typeOf(at) === 'symlink') return false
      if (this.#whiteouts.has(at) || this.#opaque.has(at)) return true
    }
    return false
  }

  /** The marker came after entries of this layer: those stay. Well-formed layers have it first, so this is rare. */
  async #removeWhatWasBelow(directory: string): Promise<void> {
    const old = await this.#session.pause(() => this.#notBrought(directory))
    for (const path of old) this.#session.writer.remove(pathBytes(path))
  }

  async #notBrought(directory: string): Promise<readonly string[]> {
    const { brought, target, signal } = this.#session
    const bytes = pathBytes(directory)
    // A scan can only begin at a name that is UTF-8; else it begins at the root.
    const start = isUtf8(bytes) ? directory : ROOT
    const found: string[] = []
    for await (const entry of scanTree(target, { subpath: pathBytes(start).toString('utf8'), xattrs: false, signal })) {
      const path = layerPath(Buffer.concat([pathBytes(start), Buffer.from('/'), entry.path]))
      if (isBelow(path, directory) && !brought.has(path)) found.push(path)
    }
    return found
  }
}
