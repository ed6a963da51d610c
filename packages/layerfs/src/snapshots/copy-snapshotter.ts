import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Mount } from '../mount.ts'
import { copyTree } from './copy-tree.ts'
import { DirectorySnapshotter } from './directory-snapshotter.ts'
import { SnapshotIndex } from './snapshot-index.ts'
import { createDirectory, publishDirectory, type SnapshotRecord } from './snapshot-record.ts'
import type { PrepareOptions } from './snapshotter.ts'

/**
 * Snapshots for any file system: each has a whole tree, copied from the one below, and is mounted by a bind. Slow and
 * large beside overlayfs, but it needs nothing of the kernel. State is `<root>/snapshots`; one process at a time may
 * have it open. A snapshot appears once its copy is complete.
 */
export class CopySnapshotter extends DirectorySnapshotter {
  private constructor(index: SnapshotIndex) {
    super(index)
  }

  /** Opens the snapshots of a state directory, made if missing. */
  static async open({ root }: { readonly root: string }): Promise<CopySnapshotter> {
    const directory = join(resolve(root), 'snapshots')
    mkdirSync(directory, { recursive: true, mode: 0o711 })
    const snapshotter = new CopySnapshotter(SnapshotIndex.open(directory))
    await snapshotter.removeLeftovers()
    return snapshotter
  }

  async prepare(key: string, parent?: string, { isTemporary }: PrepareOptions = {}): Promise<readonly Mount[]> {
    const record = this.newRecord(key, 'active', parent, isTemporary)
    this.checkFree(key)
    const temporary = this.index.newDirectory()
    try {
      mkdirSync(join(temporary, 'fs'), { mode: 0o755 })
      if (parent !== undefined) await copyTree(this.#treeOf(this.committed(parent)), join(temporary, 'fs'))
      // Others may have taken the key, or the parent away, while the tree was copied.
      this.checkFree(key)
      if (parent !== undefined) this.committed(parent)
      publishDirectory(temporary, this.index.pathOf(key), record)
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true })
      throw error
    }
    this.index.set(record)
    return this.mountsOf(record)
  }

  async view(key: string, parent: string): Promise<readonly Mount[]> {
    const record = this.newRecord(key, 'view', parent)
    this.checkFree(key)
    this.committed(parent)
    createDirectory(this.index.pathOf(key), record, () => undefined)
    this.index.set(record)
    return this.mountsOf(record)
  }

  protected mountsOf(record: SnapshotRecord): readonly Mount[] {
    if (record.kind !== 'view') return [{ type: 'bind', source: this.#treeOf(record), options: ['rbind', 'rw'] }]
    return [{ type: 'bind', source: this.#treeOf(this.committed(record.parent ?? '')), options: ['rbind', 'ro'] }]
  }

  #treeOf({ key }: SnapshotRecord): string {
    return join(this.index.pathOf(key), 'fs')
  }
}
