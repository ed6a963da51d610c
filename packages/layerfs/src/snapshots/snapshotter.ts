import type { Mount } from '../mount.ts'

/** A committed snapshot never changes; an active one can be written to, a view cannot. */
export type SnapshotKind = 'active' | 'view' | 'committed'

/** What is known about a snapshot. */
export interface SnapshotInfo {
  readonly key: string
  readonly kind: SnapshotKind
  /** The committed snapshot below it. */
  readonly parent?: string | undefined
  /** RFC 3339. */
  readonly createdAt: string
}

/** Options of `prepare`. */
export interface PrepareOptions {
  /** Removed when the snapshotter is opened the next time, unless it was committed. @default false */
  readonly isTemporary?: boolean | undefined
}

/** What a snapshot takes on its own, without its parents. */
export interface SnapshotUsage {
  /** Bytes of its files, each file counted once however many names it has. */
  readonly sizeBytes: number
  /** Files, directories and other entries. */
  readonly inodes: number
}

/**
 * Keeps file trees in layers: committed snapshots, each on top of its parent, and active ones on top of those. It
 * hands out mounts and mounts nothing. Keys and names share one space; every `key` that is not there is
 * `SNAPSHOT_NOT_FOUND`, every new one that is there `SNAPSHOT_EXISTS`.
 */
export interface Snapshotter {
  /** Makes an active snapshot on top of a committed one, or an empty one. Throws `SNAPSHOT_NOT_COMMITTED`. */
  prepare(key: string, parent?: string, options?: PrepareOptions): Promise<readonly Mount[]>
  /** Makes a read-only view of a committed snapshot. Throws `SNAPSHOT_NOT_COMMITTED`. */
  view(key: string, parent: string): Promise<readonly Mount[]>
  /** Turns an active snapshot into a committed one under a new name; the key is free afterwards. Throws `SNAPSHOT_NOT_ACTIVE`. */
  commit(name: string, key: string): Promise<void>
  /** Lets what `unpack` has committed survive a power cut: waits until the file system is on disk. Absent where that is not known. */
  sync?(): Promise<void>
  stat(key: string): Promise<SnapshotInfo>
  /** As `stat`; `undefined` when there is none. */
  find(key: string): Promise<SnapshotInfo | undefined>
  /** The mounts of an active snapshot or a view. Throws `SNAPSHOT_NOT_ACTIVE` for a committed one. */
  mounts(key: string): Promise<readonly Mount[]>
  usage(key: string): Promise<SnapshotUsage>
  /** Removes a snapshot. Throws `SNAPSHOT_HAS_CHILDREN` when another one is on top of it. */
  remove(key: string): Promise<void>
  /** All snapshots, parents before children. */
  list(): AsyncIterable<SnapshotInfo>
}
