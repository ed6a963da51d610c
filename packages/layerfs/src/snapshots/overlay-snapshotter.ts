import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LayerfsError } from '../errors.ts'
import type { Mount } from '../mount.ts'
import { inheritRoot } from './inherit-root.ts'
import { measureTree } from './measure-tree.ts'
import { removeLeftover, removeTree } from './remove-tree.ts'
import { SnapshotIndex } from './snapshot-index.ts'
import { createDirectory, type SnapshotRecord, writeRecord } from './snapshot-record.ts'
import type { SnapshotInfo, Snapshotter, SnapshotUsage } from './snapshotter.ts'

/** Options of {@link OverlaySnapshotter.prepare}. */
export interface PrepareOptions {
  /** Removed when the snapshotter is opened the next time, unless it was committed. @default false */
  readonly isTemporary?: boolean | undefined
}

/** Options of {@link OverlaySnapshotter.commit}. */
export interface CommitOptions {
  /** Puts the snapshot on top of this committed one instead of the one it was prepared on. */
  readonly parent?: string | undefined
  /** What the snapshot takes, if that is known already. @default measured when it is asked for */
  readonly usage?: SnapshotUsage | undefined
}

/** A whole layer must be in its directory: no renamed directories and no metadata-only copies that refer to others. */
const OVERLAY_OPTIONS = ['index=off', 'redirect_dir=off', 'metacopy=off']

/**
 * Snapshots for overlayfs: a directory for each layer, stacked by the kernel when it mounts them. State is
 * `<root>/snapshots`; one process at a time may have it open. Nothing half-made survives: a snapshot appears, is
 * committed and disappears by one rename each, and opening removes what a crash has left.
 */
export class OverlaySnapshotter implements Snapshotter {
  readonly #index: SnapshotIndex

  private constructor(index: SnapshotIndex) {
    this.#index = index
  }

  /**
   * Opens the snapshots of a state directory, made if missing.
   * @throws LayerfsError `SNAPSHOT_BAD_ROOT` for a path that mount options cannot hold
   */
  static async open({ root }: { readonly root: string }): Promise<OverlaySnapshotter> {
    const directory = join(resolve(root), 'snapshots')
    if (/[:,\\]/.test(directory)) {
      throw new LayerfsError('SNAPSHOT_BAD_ROOT', `${directory} cannot be part of an overlay mount`, {
        kind: 'invalid',
        hint: 'choose a directory without colon, comma and backslash',
      })
    }
    mkdirSync(directory, { recursive: true, mode: 0o711 })
    const snapshotter = new OverlaySnapshotter(SnapshotIndex.open(directory))
    for (const leftover of snapshotter.#index.leftovers) await removeLeftover(leftover)
    return snapshotter
  }

  async prepare(key: string, parent?: string, { isTemporary = false }: PrepareOptions = {}): Promise<readonly Mount[]> {
    return this.#create({ key, kind: 'active', parent, createdAt: now(), isTemporary })
  }

  async view(key: string, parent: string): Promise<readonly Mount[]> {
    return this.#create({ key, kind: 'view', parent, createdAt: now() })
  }

  async commit(name: string, key: string, { parent, usage }: CommitOptions = {}): Promise<void> {
    const record = this.#active(key)
    const below = parent ?? record.parent
    this.#checkFree(name)
    if (below !== undefined) this.#committed(below)
    const committed: SnapshotRecord = {
      key: name,
      kind: 'committed',
      parent: below,
      createdAt: now(),
      link: this.#index.newLink(name),
      usage,
    }
    const directory = this.#index.pathOf(key)
    writeRecord(directory, committed)
    renameSync(directory, this.#index.pathOf(name))
    this.#index.replace(key, committed)
    rmSync(join(this.#index.pathOf(name), 'work'), { recursive: true, force: true })
  }

  async stat(key: string): Promise<SnapshotInfo> {
    return toInfo(this.#record(key))
  }

  async find(key: string): Promise<SnapshotInfo | undefined> {
    const record = this.#index.find(key)
    return record === undefined ? undefined : toInfo(record)
  }

  async mounts(key: string): Promise<readonly Mount[]> {
    const record = this.#record(key)
    if (record.kind === 'committed') throw notActive(key)
    return this.#mountsOf(record)
  }

  async usage(key: string): Promise<SnapshotUsage> {
    const record = this.#record(key)
    if (record.kind === 'view') return { sizeBytes: 0, inodes: 0 }
    if (record.usage !== undefined) return record.usage
    const usage = await measureTree(join(this.#index.pathOf(key), 'fs'))
    if (record.kind === 'committed' && this.#index.find(key) === record) {
      writeRecord(this.#index.pathOf(key), { ...record, usage })
      this.#index.set({ ...record, usage })
    }
    return usage
  }

  async remove(key: string): Promise<void> {
    if (!this.#index.isDamaged(key)) this.#record(key)
    for (const { parent, key: child } of this.#index.records) {
      if (parent !== key) continue
      throw new LayerfsError('SNAPSHOT_HAS_CHILDREN', `snapshot ${key} is the parent of ${child}`, {
        kind: 'conflict',
        hint: 'remove the child first',
      })
    }
    await removeTree(this.#index.delete(key))
  }

  async *list(): AsyncGenerator<SnapshotInfo, void> {
    const children = new Map<string | undefined, SnapshotRecord[]>()
    for (const record of this.#index.records) {
      const parent = record.parent !== undefined && this.#index.has(record.parent) ? record.parent : undefined
      children.set(parent, [...(children.get(parent) ?? []), record])
    }
    const left = [...(children.get(undefined) ?? [])]
    for (let record = left.shift(); record !== undefined; record = left.shift()) {
      yield toInfo(record)
      left.push(...(children.get(record.key) ?? []))
    }
  }

  /** The directory that writes to an active snapshot go to. Throws LayerfsError `SNAPSHOT_NOT_ACTIVE`. */
  async upperDirectory(key: string): Promise<string> {
    return join(this.#index.pathOf(this.#active(key).key), 'fs')
  }

  /** The directories of the committed snapshots that a snapshot consists of, top first; of an active one, without its own. */
  async layerDirectories(key: string): Promise<readonly string[]> {
    const record = this.#record(key)
    return this.#chain(record.kind === 'committed' ? record.key : record.parent).map(({ link = '' }) => this.#index.linkPath(link))
  }

  #create(record: SnapshotRecord): readonly Mount[] {
    this.#checkFree(record.key)
    const below = record.parent === undefined ? undefined : this.#committed(record.parent)
    createDirectory(this.#index.pathOf(record.key), record, (directory) => {
      if (record.kind === 'view') return
      mkdirSync(join(directory, 'fs'), { mode: 0o755 })
      mkdirSync(join(directory, 'work'), { mode: 0o700 })
      if (below?.link !== undefined) inheritRoot(join(directory, 'fs'), this.#index.linkPath(below.link))
    })
    this.#index.set(record)
    return this.#mountsOf(record)
  }

  #mountsOf(record: SnapshotRecord): readonly Mount[] {
    const directory = this.#index.pathOf(record.key)
    const lowers = this.#chain(record.parent).map(({ link = '' }) => this.#index.linkPath(link))
    const [only = ''] = lowers
    if (record.kind === 'view' && lowers.length === 1) return [{ type: 'bind', source: only, options: ['rbind', 'ro'] }]
    if (lowers.length === 0) return [{ type: 'bind', source: join(directory, 'fs'), options: ['rbind', 'rw'] }]
    const upper = record.kind === 'view' ? [] : [`upperdir=${join(directory, 'fs')}`, `workdir=${join(directory, 'work')}`]
    return [{ type: 'overlay', source: 'overlay', options: [`lowerdir=${lowers.join(':')}`, ...upper, ...OVERLAY_OPTIONS] }]
  }

  /** A committed snapshot and all below it, top first. */
  #chain(key: string | undefined): readonly SnapshotRecord[] {
    const chain: SnapshotRecord[] = []
    for (let at = key; at !== undefined; ) {
      const record = this.#committed(at)
      chain.push(record)
      at = record.parent
    }
    return chain
  }

  #record(key: string): SnapshotRecord {
    const record = this.#index.find(key)
    if (record === undefined) throw new LayerfsError('SNAPSHOT_NOT_FOUND', `no snapshot ${key}`, { kind: 'not-found' })
    return record
  }

  #active(key: string): SnapshotRecord {
    const record = this.#record(key)
    if (record.kind !== 'active') throw notActive(key)
    return record
  }

  #committed(key: string): SnapshotRecord {
    const record = this.#record(key)
    if (record.kind === 'committed') return record
    throw new LayerfsError('SNAPSHOT_NOT_COMMITTED', `snapshot ${key} is not committed, so nothing can be on top of it`, {
      kind: 'conflict',
    })
  }

  #checkFree(key: string): void {
    if (this.#index.find(key) === undefined) return
    throw new LayerfsError('SNAPSHOT_EXISTS', `there is a snapshot ${key} already`, { kind: 'conflict' })
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
