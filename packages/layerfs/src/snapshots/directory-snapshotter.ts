import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { LayerfsError } from '../errors.ts'
import type { Mount } from '../mount.ts'
import { measureTree } from './measure-tree.ts'
import { removeLeftover, removeTree } from './remove-tree.ts'
import type { SnapshotIndex } from './snapshot-index.ts'
import { type SnapshotRecord, writeRecord } from './snapshot-record.ts'
import type { PrepareOptions, SnapshotInfo, SnapshotKind, Snapshotter, SnapshotUsage } from './snapshotter.ts'

/** Options of `commit`. */
export interface CommitOptions {
  /** Puts the snapshot on top of this committed one instead of the one it was prepared on. */
  readonly parent?: string | undefined
  /** What the snapshot takes, if that is known already. @default measured when it is asked for */
  readonly usage?: SnapshotUsage | undefined
}

/** What snapshotters with a directory for each snapshot have in common: all but what a directory starts with, and the mounts. */
export abstract class DirectorySnapshotter implements Snapshotter {
  protected readonly index: SnapshotIndex

  protected constructor(index: SnapshotIndex) {
    this.index = index
  }

  abstract prepare(key: string, parent?: string, options?: PrepareOptions): Promise<readonly Mount[]>
  abstract view(key: string, parent: string): Promise<readonly Mount[]>
  protected abstract mountsOf(record: SnapshotRecord): readonly Mount[]

  async commit(name: string, key: string, { parent, usage }: CommitOptions = {}): Promise<void> {
    const record = this.active(key)
    const below = parent ?? record.parent
    this.checkFree(name)
    if (below !== undefined) this.committed(below)
    const committed: SnapshotRecord = {
      key: name,
      kind: 'committed',
      parent: below,
      createdAt: now(),
      link: this.index.newLink(name),
      usage,
    }
    const directory = this.index.pathOf(key)
    writeRecord(directory, committed)
    renameSync(directory, this.index.pathOf(name))
    this.index.replace(key, committed)
    rmSync(join(this.index.pathOf(name), 'work'), { recursive: true, force: true })
  }

  async stat(key: string): Promise<SnapshotInfo> {
    return toInfo(this.record(key))
  }

  async find(key: string): Promise<SnapshotInfo | undefined> {
    const record = this.index.find(key)
    return record === undefined ? undefined : toInfo(record)
  }

  async mounts(key: string): Promise<readonly Mount[]> {
    const record = this.record(key)
    if (record.kind === 'committed') throw notActive(key)
    return this.mountsOf(record)
  }

  async usage(key: string): Promise<SnapshotUsage> {
    const record = this.record(key)
    if (record.kind === 'view') return { sizeBytes: 0, inodes: 0 }
    if (record.usage !== undefined) return record.usage
    const usage = await measureTree(join(this.index.pathOf(key), 'fs'))
    if (record.kind === 'committed' && this.index.find(key) === record) {
      writeRecord(this.index.pathOf(key), { ...record, usage })
      this.index.set({ ...record, usage })
    }
    return usage
  }

  async remove(key: string): Promise<void> {
    if (!this.index.isDamaged(key)) this.record(key)
    for (const { parent, key: child } of this.index.records) {
      if (parent !== key) continue
      throw new LayerfsError('SNAPSHOT_HAS_CHILDREN', `snapshot ${key} is the parent of ${child}`, {
        kind: 'conflict',
        hint: 'remove the child first',
      })
    }
    await removeTree(this.index.delete(key))
  }

  async *list(): AsyncGenerator<SnapshotInfo, void> {
    const children = new Map<string | undefined, SnapshotRecord[]>()
    for (const record of this.index.records) {
      const parent = record.parent !== undefined && this.index.has(record.parent) ? record.parent : undefined
      children.set(parent, [...(children.get(parent) ?? []), record])
    }
    const left = [...(children.get(undefined) ?? [])]
    for (let record = left.shift(); record !== undefined; record = left.shift()) {
      yield toInfo(record)
      left.push(...(children.get(record.key) ?? []))
    }
  }

  /** Removes what a crash has left. */
  protected async removeLeftovers(): Promise<void> {
    for (const leftover of this.index.leftovers) await removeLeftover(leftover)
  }

  protected record(key: string): SnapshotRecord {
    const record = this.index.find(key)
    if (record === undefined) throw new LayerfsError('SNAPSHOT_NOT_FOUND', `no snapshot ${key}`, { kind: 'not-found' })
    return record
  }

  protected active(key: string): SnapshotRecord {
    const record = this.record(key)
    if (record.kind !== 'active') throw notActive(key)
    return record
  }

  protected committed(key: string): SnapshotRecord {
    const record = this.record(key)
    if (record.kind === 'committed') return record
    throw new LayerfsError('SNAPSHOT_NOT_COMMITTED', `snapshot ${key} is not committed, so nothing can be on top of it`, {
      kind: 'conflict',
    })
  }

  protected checkFree(key: string): void {
    if (this.index.find(key) === undefined) return
    throw new LayerfsError('SNAPSHOT_EXISTS', `there is a snapshot ${key} already`, { kind: 'conflict' })
  }

  protected newRecord(key: string, kind: SnapshotKind, parent: string | undefined, isTemporary = false): SnapshotRecord {
    return { key, kind, parent, createdAt: now(), isTemporary }
  }
}

function toInfo({ key, kind, parent, createdAt }: SnapshotRecord): SnapshotInfo {
  return { key, kind, parent, createdAt }
}

function notActive(key: string): LayerfsError {
  return new LayerfsError('SNAPSHOT_NOT_ACTIVE', `snapshot ${key} is not active`, { kind: 'conflict' })
}

function now(): string {
  return new Date().toISOString()
}
