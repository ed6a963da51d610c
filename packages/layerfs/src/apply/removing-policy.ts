import { isUtf8 } from 'node:buffer'
import { scanTree } from '@ct/native'
import { isBelow, layerPath, pathBytes, ROOT } from './layer-path.ts'
import type { TreeSession } from './tree-session.ts'
import type { PolicyResult, WhiteoutPolicy } from './whiteout-policy.ts'

/** For a tree that has the layers below in it: what is whited out is removed. */
export class RemovingPolicy implements WhiteoutPolicy {
  readonly #session: TreeSession

  constructor(session: TreeSession) {
    this.#session = session
  }

  whiteout(path: string): Promise<void> | undefined {
    const { brought, writer } = this.#session
    const type = brought.typeOf(path)
    if (!brought.has(path)) writer.remove(pathBytes(path))
    else if (type === undefined || type === 'directory') return this.#removeWhatWasBelow(path)
    return undefined
  }

  opaque(path: string): Promise<void> | undefined {
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
    for (const [path, meta] of directories) writer.setMeta(pathBytes(path), { ...meta, exact: true })
    return { implied: brought.implied(), addedInodes: undefined }
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
