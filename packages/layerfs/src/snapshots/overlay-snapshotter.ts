import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { WhiteoutMode } from '../apply/layer-applier.ts'
import { LayerfsError } from '../errors.ts'
import type { Mount } from '../mount.ts'
import { DirectorySnapshotter } from './directory-snapshotter.ts'
import { inheritRoot } from './inherit-root.ts'
import { SnapshotIndex } from './snapshot-index.ts'
import { createDirectory, type SnapshotRecord } from './snapshot-record.ts'
import type { PrepareOptions } from './snapshotter.ts'

/** Options of {@link OverlaySnapshotter.open}. */
export interface OverlaySnapshotterOptions {
  /** The state directory, made if missing. */
  readonly root: string
  /**
   * Where overlayfs keeps its attributes. In a user namespace only `user` can be set; snapshots are not to be opened
   * with the other value later. @default 'user' inside a user namespace, else 'trusted'
   */
  readonly xattrs?: 'trusted' | 'user' | undefined
}

/** A whole layer must be in its directory: no renamed directories and no metadata-only copies that refer to others. */
const OVERLAY_OPTIONS = {
  trusted: ['index=off', 'redirect_dir=off', 'metacopy=off'],
  // It implies that nothing is redirected, and refuses any word on it.
  user: ['index=off', 'metacopy=off', 'userxattr'],
}

/**
 * Snapshots for overlayfs: a directory for each layer, stacked by the kernel when it mounts them. State is
 * `<root>/snapshots`; one process at a time may have it open. Nothing half-made survives: a snapshot appears, is
 * committed and disappears by one rename each, and opening removes what a crash has left.
 */
export class OverlaySnapshotter extends DirectorySnapshotter {
  readonly #xattrs: 'trusted' | 'user'

  private constructor(index: SnapshotIndex, xattrs: 'trusted' | 'user') {
    super(index)
    this.#xattrs = xattrs
  }

  /**
   * Opens the snapshots of a state directory, made if missing.
   * @throws LayerfsError `SNAPSHOT_BAD_ROOT` for a path that mount options cannot hold
   */
  static async open({ root, xattrs = isInUserNamespace() ? 'user' : 'trusted' }: OverlaySnapshotterOptions): Promise<OverlaySnapshotter> {
    const directory = join(resolve(root), 'snapshots')
    if (/[:,\\]/.test(directory)) {
      throw new LayerfsError('SNAPSHOT_BAD_ROOT', `${directory} cannot be part of an overlay mount`, {
        kind: 'invalid',
        hint: 'choose a directory without colon, comma and backslash',
      })
    }
    mkdirSync(directory, { recursive: true, mode: 0o711 })
    const snapshotter = new OverlaySnapshotter(SnapshotIndex.open(directory), xattrs)
    await snapshotter.removeLeftovers()
    return snapshotter
  }

  /** How layers are to be applied to the directory of a snapshot. */
  get whiteouts(): WhiteoutMode {
    return this.#xattrs === 'user' ? 'overlay-user' : 'overlay'
  }

  async prepare(key: string, parent?: string, { isTemporary }: PrepareOptions = {}): Promise<readonly Mount[]> {
    return this.#create(this.newRecord(key, 'active', parent, isTemporary))
  }

  async view(key: string, parent: string): Promise<readonly Mount[]> {
    return this.#create(this.newRecord(key, 'view', parent))
  }

  /** The directory that writes to an active snapshot go to. Throws LayerfsError `SNAPSHOT_NOT_ACTIVE`. */
  async upperDirectory(key: string): Promise<string> {
    return join(this.index.pathOf(this.active(key).key), 'fs')
  }

  /** The directories of the committed snapshots that a snapshot consists of, top first; of an active one, without its own. */
  async layerDirectories(key: string): Promise<readonly string[]> {
    const record = this.record(key)
    return this.#chain(record.kind === 'committed' ? record.key : record.parent).map(({ link = '' }) => this.index.linkPath(link))
  }

  #create(record: SnapshotRecord): readonly Mount[] {
    this.checkFree(record.key)
    const below = record.parent === undefined ? undefined : this.committed(record.parent)
    createDirectory(this.index.pathOf(record.key), record, (directory) => {
      if (record.kind === 'view') return
      mkdirSync(join(directory, 'fs'), { mode: 0o755 })
      mkdirSync(join(directory, 'work'), { mode: 0o700 })
      if (below?.link !== undefined) inheritRoot(join(directory, 'fs'), this.index.linkPath(below.link))
    })
    this.index.set(record)
    return this.mountsOf(record)
  }

  protected mountsOf(record: SnapshotRecord): readonly Mount[] {
    const directory = this.index.pathOf(record.key)
    const lowers = this.#chain(record.parent).map(({ link = '' }) => this.index.linkPath(link))
    const [only = ''] = lowers
    if (record.kind === 'view' && lowers.length === 1) return [{ type: 'bind', source: only, options: ['rbind', 'ro'] }]
    if (lowers.length === 0) return [{ type: 'bind', source: join(directory, 'fs'), options: ['rbind', 'rw'] }]
    const upper = record.kind === 'view' ? [] : [`upperdir=${join(directory, 'fs')}`, `workdir=${join(directory, 'work')}`]
    return [{ type: 'overlay', source: 'overlay', options: [`lowerdir=${lowers.join(':')}`, ...upper, ...OVERLAY_OPTIONS[this.#xattrs]] }]
  }

  /** A committed snapshot and all below it, top first. */
  #chain(key: string | undefined): readonly SnapshotRecord[] {
    const chain: SnapshotRecord[] = []
    for (let at = key; at !== undefined; ) {
      const record = this.committed(at)
      chain.push(record)
      at = record.parent
    }
    return chain
  }
}

/** Whether owners are mapped, which they are not only where all 32-bit numbers stand for themselves. */
function isInUserNamespace(): boolean {
  return !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'))
}
