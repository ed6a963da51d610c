import { closeSync, readSync } from 'node:fs'
import { scanTree } from '@ct/native'
import { layerPath, pathBytes } from '../apply/layer-path.ts'
import { type TarInput, writeTar } from '../tar/write-tar.ts'
import { openScannedFile } from './open-scanned-file.ts'
import { ScannedToTar } from './scanned-to-tar.ts'
import { findTreeChanges, scanOrder } from './tree-changes.ts'
import { checkLayerName, whiteoutFor } from './whiteout-entries.ts'

/** Options of {@link diffTrees}. */
export interface DiffTreesOptions {
  /** The latest time that an entry may have, in nanoseconds since 1970 (as SOURCE_DATE_EPOCH). @default times as they are */
  readonly epochNs?: bigint | undefined
  readonly signal?: AbortSignal | undefined
}

const READ_BYTES = 256 * 1024

/**
 * The layer (an uncompressed tar archive) that makes one directory tree of another. Both are read for their metadata,
 * and files for their content where metadata cannot tell; a file of equal size, owner, mode and attributes, whose time
 * is equal to a fraction of a second, counts as unchanged. Order and fidelity are those of {@link diffTree}; the bytes
 * depend on the trees only.
 * @param base the directory below, `tree` the one wanted; neither should be written to meanwhile
 * @throws LayerfsError `TAR_CONTENT_SIZE` when a file changes while it is read; `LAYERFS_WHITEOUT_INVALID` for a name
 * that a layer cannot have; NativeError when a tree cannot be read
 */
export function diffTrees(base: string, tree: string, { epochNs, signal }: DiffTreesOptions = {}): AsyncIterable<Uint8Array> {
  return writeTar(entriesOf(base, tree, { epochNs, signal }))
}

async function* entriesOf(base: string, tree: string, { epochNs, signal }: DiffTreesOptions): AsyncGenerator<TarInput, void> {
  const { entries, removed } = await findTreeChanges(base, tree, signal)
  const converter = new ScannedToTar()
  let next = 0
  for await (const entry of scanTree({ path: tree }, { signal })) {
    const path = layerPath(entry.path)
    for (; isBefore(removed[next], path); next++) yield whiteoutFor(pathBytes(removed[next] ?? ''))
    if (!entries.has(path)) continue
    checkLayerName(path)
    const content = entry.type === 'file' ? contentOf(tree, entry.path) : undefined
    const input = converter.convert({ ...entry, content })
    if (input !== undefined) yield epochNs !== undefined && input.mtimeNs > epochNs ? { ...input, mtimeNs: epochNs } : input
  }
  for (const path of removed.slice(next)) yield whiteoutFor(pathBytes(path))
}

function isBefore(removed: string | undefined, path: string): boolean {
  return removed !== undefined && scanOrder(removed) < scanOrder(path)
}

async function* contentOf(tree: string, path: Uint8Array): AsyncGenerator<Uint8Array, void> {
  const fd = openScannedFile(tree, path)
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(READ_BYTES)
      const size = readSync(fd, chunk)
      if (size === 0) return
      yield chunk.subarray(0, size)
    }
  } finally {
    closeSync(fd)
  }
}
