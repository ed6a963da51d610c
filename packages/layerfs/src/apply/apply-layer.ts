import { createDigester, type Digest, digestAlgorithm } from '@ct/image'
import type { TreeTarget } from '@ct/native'
import type { SnapshotUsage } from '../snapshots/snapshotter.ts'
import type { TarHeader } from '../tar/tar-header.ts'
import { TarParser } from '../tar/tar-parser.ts'
import { diffIdMismatch } from './diff-id-mismatch.ts'
import { LayerApplier, type WhiteoutMode } from './layer-applier.ts'
import { type LayerLimits, LayerMeter } from './layer-limits.ts'
import { layerPath, pathBytes } from './layer-path.ts'

/** Options of {@link applyLayer}. */
export interface ApplyOptions {
  /**
   * `remove` carries whiteouts out, in a tree that has the layers below in it; `overlay` keeps them in the way of
   * overlayfs, in a directory of its own that will be one layer of a mount; `overlay-user` does so with attributes that
   * a user namespace may set, for the mount option `userxattr`. @default 'remove'
   */
  readonly whiteouts?: WhiteoutMode | undefined
  /** What the diffID must be. */
  readonly expectedDiffId?: Digest | undefined
  readonly limits?: LayerLimits | undefined
  /** What was written stays: the caller throws the tree away. */
  readonly signal?: AbortSignal | undefined
  /** Called with the bytes of the archive read so far. */
  readonly onProgress?: ((extractedBytes: number) => void) | undefined
}

/** What {@link applyLayer} found. */
export interface AppliedLayer {
  readonly diffId: Digest
  /** Bytes of the archive. */
  readonly sizeBytes: number
  /** Entries of the archive, whiteouts included. */
  readonly entries: number
  /**
   * Paths of directories that the layer has entries in without saying anything about them, the root being `.`: their
   * metadata are up to the layers below.
   */
  readonly impliedDirectories: readonly Uint8Array[]
  /** What a tree takes that was empty before; known with whiteouts `overlay`, unless entries of the layer replace each other. */
  readonly usage?: SnapshotUsage | undefined
}

/**
 * Writes a layer (an uncompressed tar archive) into a tree. Nothing is ever written outside it, whatever links it or
 * the layer has. The diffID is computed on the way. When it throws, the tree has a part of the layer in it.
 * @see https://github.com/opencontainers/image-spec/blob/main/layer.md
 * @throws LayerfsError `LAYERFS_DIFF_ID_MISMATCH`, `LAYERFS_PATH_ESCAPES`, `LAYERFS_PATH_INVALID`,
 * `LAYERFS_WHITEOUT_INVALID`, `LAYERFS_NOT_SELF_CONTAINED` (mode `overlay` only), `LAYERFS_TOO_MANY_ENTRIES`,
 * `LAYERFS_TOO_LARGE`, `LAYERFS_PATH_TOO_LONG`, `LAYERFS_NAME_TOO_LONG`, `LAYERFS_TOO_DEEP`, and those of a broken archive; NativeError when the file system refuses
 */
export async function applyLayer(
  layer: AsyncIterable<Uint8Array>,
  target: TreeTarget,
  { whiteouts = 'remove', expectedDiffId, limits = {}, signal, onProgress }: ApplyOptions = {},
): Promise<AppliedLayer> {
  signal?.throwIfAborted()
  await using applier = await LayerApplier.open(target, whiteouts, signal)
  const meter = new LayerMeter(limits)
  const digester = createDigester(expectedDiffId === undefined ? 'sha256' : digestAlgorithm(expectedDiffId))
  const parser = new TarParser()
  for await (const chunk of layer) {
    signal?.throwIfAborted()
    meter.addArchiveBytes(chunk.length)
    digester.update(chunk)
    const events = parser.write(chunk)
    for (let waiting = apply(events, applier, meter); waiting !== undefined; waiting = apply(events, applier, meter)) await waiting
    onProgress?.(meter.archiveBytes)
  }
  parser.end()
  const diffId = digester.digest()
  if (expectedDiffId !== undefined && diffId !== expectedDiffId) throw diffIdMismatch(expectedDiffId, diffId)
  const { implied, usage } = await applier.finish()
  return { diffId, sizeBytes: meter.archiveBytes, entries: meter.entries, impliedDirectories: implied.map(pathBytes), usage }
}

/**
 * Applies entries and content until something is to be awaited, or to the end. A function of its own, as V8 optimizes
 * an async function with a loop like this again for every layer.
 */
function apply(events: Iterator<TarHeader | Uint8Array>, applier: LayerApplier, meter: LayerMeter): Promise<void> | undefined {
  for (let next = events.next(); next.done !== true; next = events.next()) {
    const event = next.value
    const waiting = event instanceof Uint8Array ? applier.content(event) : begin(event, applier, meter)
    if (waiting !== undefined) return waiting
    if (applier.needsDrain) return applier.drain()
  }
  return undefined
}

function begin(header: TarHeader, applier: LayerApplier, meter: LayerMeter): Promise<void> | undefined {
  meter.addEntry(header.sizeBytes)
  const path = layerPath(header.path)
  meter.checkPath(path)
  return applier.begin(header, path)
}
