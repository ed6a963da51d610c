import {
  createDigester,
  type Descriptor,
  digestAlgorithm,
  draftOf,
  type Image,
  type ImageLayer,
  type IngestTarget,
  type Source,
  squashLayers,
  writeImage,
} from '@ct/image'
import { diffIdMismatch } from '../apply/diff-id-mismatch.ts'
import { type LayerLimits, LayerMeter } from '../apply/layer-limits.ts'
import { layerPath, pathBytes } from '../apply/layer-path.ts'
import { decompress } from '../compression/decompress.ts'
import { isOverlayXattr } from '../overlay/overlay-xattrs.ts'
import { readTar, type TarEntry } from '../tar/read-tar.ts'
import { type TarInput, writeTar } from '../tar/write-tar.ts'
import { MergedFiles } from './merged-files.ts'
import { placeKey, planSquash, type SquashPlan } from './squash-plan.ts'
import { type StoreLayerOptions, storeLayer } from './store-layer.ts'

/** Options of {@link squashImage}. */
export interface SquashOptions extends StoreLayerOptions {
  /** The lowest of the layers to be one, 0 being the lowest of all. @default 0 */
  readonly from?: number | undefined
  /** The layer above the last of them. @default the number of layers */
  readonly to?: number | undefined
  /** For each layer. */
  readonly limits?: LayerLimits | undefined
}

/**
 * Makes one layer of some of an image, of all by default: a container sees the same files as before, and what they hid from each other
 * is gone. The other layers, the config and the annotations stay, and so does the history (see `squashLayers`). Layers are read twice
 * and nothing is unpacked, so it needs neither root nor disk; memory grows with the number of files. Equal images give equal ones.
 * @param target has the layers that stay
 * @throws LayerfsError `LAYERFS_DIFF_ID_MISMATCH`, and those of `readImageFiles` and `compress`; ImageError when a blob is missing;
 * TypeError for a range without layers. Nothing is stored but, at most, the new layer
 */
export async function squashImage(
  source: Source,
  image: Image,
  target: IngestTarget,
  { from = 0, to = image.layers.length, limits = {}, ...options }: SquashOptions = {},
): Promise<Descriptor> {
  if (!(from >= 0 && from < to && to <= image.layers.length)) {
    throw new TypeError(`there are no layers ${from} to ${to} among ${image.layers.length}`)
  }
  using _lease = target.lease?.()
  const merged = new MergedFiles()
  let before = merged.snapshot()
  for (const [index, layer] of image.layers.slice(0, to).entries()) {
    merged.beginLayer()
    if (index === from) before = merged.snapshot()
    await readHeaders(source, layer, { merged, limits, signal: options.signal })
  }
  merged.endLayer()
  const plan = planSquash(before, merged.snapshot())
  const layer = await storeLayer(writeTar(entriesOf(source, image.layers, { plan, signal: options.signal })), target, options)
  return writeImage(target, squashLayers(draftOf(image), { from, to, layer }), { signal: options.signal })
}

async function readHeaders(
  source: Source,
  { descriptor, diffId }: ImageLayer,
  { merged, limits, signal }: { readonly merged: MergedFiles; readonly limits: LayerLimits; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const meter = new LayerMeter(limits)
  const digester = createDigester(digestAlgorithm(diffId))
  async function* digested(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of decompress(source.fetch(descriptor, { signal }), 'auto', { maxRatio: limits.maxRatio })) {
      signal?.throwIfAborted()
      meter.addArchiveBytes(chunk.length)
      digester.update(chunk)
      yield chunk
    }
  }
  for await (const entry of readTar(digested())) {
    meter.addEntry(entry.sizeBytes)
    meter.checkPath(layerPath(entry.path))
    merged.add(entry)
  }
  const actual = digester.digest()
  if (actual !== diffId) throw diffIdMismatch(diffId, actual)
}

async function* entriesOf(
  source: Source,
  layers: readonly ImageLayer[],
  { plan, signal }: { readonly plan: SquashPlan; readonly signal: AbortSignal | undefined },
): AsyncGenerator<TarInput, void, undefined> {
  for (const header of plan.frame) yield withoutOverlay(header)
  const wanted = new Set([...plan.names.keys()].map((key) => Number(key.split(':')[0])))
  for (const [layer, { descriptor }] of layers.entries()) {
    if (!wanted.has(layer)) continue
    let entry = 0
    for await (const found of readTar(decompress(source.fetch(descriptor, { signal })))) {
      yield* named(found, plan.names.get(placeKey({ layer, entry: entry++ })) ?? [])
    }
  }
}

/** An entry under the first of its names, and links to it for the others. */
function* named(entry: TarEntry, [first, ...others]: readonly string[]): Generator<TarInput, void> {
  if (first === undefined) return
  const path = pathBytes(first)
  yield { ...withoutOverlay(entry), path }
  for (const other of others) {
    yield { ...entry, path: pathBytes(other), type: 'hard-link', sizeBytes: 0, linkTarget: path, major: 0, minor: 0, xattrs: [] }
  }
}

function withoutOverlay<Entry extends TarInput>(entry: Entry): Entry {
  return { ...entry, xattrs: entry.xattrs.filter(([name]) => !isOverlayXattr(name)) }
}
