import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openTreeWriter } from '@ct/native'
import { LayerfsError } from '../errors.ts'
import type { Mount } from '../mount.ts'
import { currentBoot } from './current-boot.ts'
import { measureTree } from './measure-tree.ts'
import { removeLeftover, removeTree } from './remove-tree.ts'
import type { SnapshotIndex } from './snapshot-index.ts'
import { type SnapshotRecord, stageRecord, syncRecord, useStagedRecord, writeRecord } from './snapshot-record.ts'
import type { PrepareOptions, SnapshotInfo, SnapshotKind, Snapshotter, SnapshotUsage } from './snapshotter.ts'

/** Options of `commit`. */
export interface CommitOptions {
  /** Puts the snapshot on top of this committed one instead of the one it was prepared on. */
  readonly parent?: string | undefined
  /** What the snapshot takes, if that is known already. @default measured when it is asked for */
  readonly usage?: SnapshotUsage | undefined
  /**
   * Whether what it holds can be had again, as the layers of an image can: should the machine go down before the next `sync`, the snapshot
   * is gone afterwards, as a whole. Any other is as durable as what was written into it. @default false
   */
  readonly isRecreatable?: boolean | undefined
}

/** What snapshotters with a directory for each snapshot have in common: all but what a directory starts with, and the mounts. */
export abstract class DirectorySnapshotter implements Snapshotter {
  protected readonly index: SnapshotIndex
  #syncing: Promise<void> = Promise.resolve()

  protected constructor(index: SnapshotIndex) {
    this.index = index
  }

  abstract prepare(key: string, parent?: string, options?: PrepareOptions): Promise<readonly Mount[]>
  abstract view(key: string, parent: string): Promise<readonly Mount[]>
  protected abstract mountsOf(record: SnapshotRecord): readonly Mount[]

  async commit(name: string, key: string, { parent, usage, isRecreatable = false }: CommitOptions = {}): Promise<void> {
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
      unsyncedBoot: isRecreatable ? currentBoot() : undefined,
    }
    const directory = this.index.pathOf(key)
    writeRecord(directory, committed)
    renameSync(directory, this.index.pathOf(name))
    this.index.replace(key, committed)
    rmSync(join(this.index.pathOf(name), 'work'), { recursive: true, force: true })
  }

  /** One at a time: whoever finds that another has made a snapshot durable must not return before it is. */
  sync(): Promise<void> {
    const mine = this.#syncing.then(() => this.#syncUnsynced())
    this.#syncing = mine.catch(() => undefined)
    return mine
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

  async #syncUnsynced(): Promise<void> {
    const unsynced = [...this.index.records].filter(({ unsyncedBoot }) => unsyncedBoot !== undefined)
    if (unsynced.length === 0) return
    const staged = unsynced.map((record) => ({ record, synced: { ...record, unsyncedBoot: undefined } }))
    // The new records are on disk with the content that they vouch for before any of them counts.
    for (const { record, synced } of staged) stageRecord(this.index.pathOf(record.key), synced)
    await syncTree(this.index.directory)
    for (const { record, synced } of staged) {
      if (this.index.find(record.key) !== record) continue
      useStagedRecord(this.index.pathOf(record.key))
      this.index.set(synced)
    }
    for (const { record } of staged) await syncRecord(this.index.pathOf(record.key))
  }
}

/** Waits until all that the file system of a directory holds is on disk. */
async function syncTree(path: string): Promise<void> {
  await using writer = await openTreeWriter({ path })
  writer.sync()
  await writer.finish()
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
