import type { SnapshotUsage } from '../snapshots/snapshotter.ts'

/** Counts what the entries of a layer take, so that nobody has to look through the tree afterwards. */
export class UsageCounter {
  #sizeBytes = 0
  /** The root is always there. */
  #inodes = 1
  #isExact = true

  /** Takes note of an inode. */
  add(sizeBytes: number): void {
    this.#inodes++
    this.#sizeBytes += sizeBytes
  }

  /** To be called when an entry replaces another: that may still have a second name, and takes what is below it along. */
  giveUp(): void {
    this.#isExact = false
  }

  /** What the tree takes, if only this was written into it. */
  total(addedInodes: number | undefined): SnapshotUsage | undefined {
    if (!this.#isExact || addedInodes === undefined) return undefined
    return { sizeBytes: this.#sizeBytes, inodes: this.#inodes + addedInodes }
  }
}
