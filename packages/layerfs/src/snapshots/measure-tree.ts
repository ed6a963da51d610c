import { scanTree } from '@ct/native'
import type { SnapshotUsage } from './snapshotter.ts'

/** What a tree takes: each inode once. */
export async function measureTree(path: string): Promise<SnapshotUsage> {
  const linked = new Set<bigint>()
  let sizeBytes = 0
  let inodes = 0
  for await (const entry of scanTree({ path }, { xattrs: false })) {
    if (entry.nlink > 1 && entry.type !== 'directory') {
      if (linked.has(entry.ino)) continue
      linked.add(entry.ino)
    }
    sizeBytes += entry.sizeBytes
    inodes++
  }
  return { sizeBytes, inodes }
}
