import type { ImageLayer, Source } from '@ct/image'
import { type LayerLimits, LayerMeter } from '../apply/layer-limits.ts'
import { layerPath } from '../apply/layer-path.ts'
import { decompress } from '../compression/decompress.ts'
import { LayerfsError } from '../errors.ts'
import { readTar } from '../tar/read-tar.ts'
import type { ImageFile } from './image-file.ts'
import { type ContentPlace, linkOf, MergedFiles, type PlacedFile } from './merged-files.ts'
import { resolvePath } from './resolve-path.ts'

/** Options of {@link readImageFiles}. */
export interface ReadImageFilesOptions {
  /** For each layer. */
  readonly limits?: LayerLimits | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads the layers of an image, writing nothing, and tells what files a container of it would see, which layer each comes from, and
 * which are in the image for nothing. Every layer is read once.
 * @throws LayerfsError those of `decompress` and `readTar`, `LAYERFS_PATH_ESCAPES`, `LAYERFS_WHITEOUT_INVALID`, and those of limits
 */
export async function readImageFiles(
  source: Source,
  { layers }: { readonly layers: readonly ImageLayer[] },
  { limits = {}, signal }: ReadImageFilesOptions = {},
): Promise<ImageFiles> {
  const merged = new MergedFiles()
  for (const { descriptor } of layers) {
    merged.beginLayer()
    const meter = new LayerMeter(limits)
    for await (const entry of readTar(decompress(source.fetch(descriptor, { signal })))) {
      signal?.throwIfAborted()
      meter.addEntry(entry.sizeBytes)
      meter.checkPath(layerPath(entry.path))
      merged.add(entry)
    }
  }
  merged.endLayer()
  return new ImageFiles(source, layers, merged)
}

/** The files of an image. */
export class ImageFiles {
  /** What was overwritten or removed by a layer above. */
  readonly hidden: readonly ImageFile[]
  readonly #source: Source
  readonly #layers: readonly ImageLayer[]
  readonly #visible: ReadonlyMap<string, PlacedFile>

  /** Made by {@link readImageFiles}. */
  constructor(source: Source, layers: readonly ImageLayer[], merged: MergedFiles) {
    this.#source = source
    this.#layers = layers
    this.#visible = merged.visible
    this.hidden = merged.hidden
  }

  /** What a container sees, in the order of the bytes of their paths. */
  get visible(): readonly ImageFile[] {
    return [...this.#visible].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { file }]) => file)
  }

  /** Bytes of hidden files: each is moved and stored with the image, and never seen. */
  get wastedBytes(): number {
    return this.hidden.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  }

  /** The entry at a path; symbolic links on the way are followed inside the image, the last is not. */
  find(path: string): ImageFile | undefined {
    return this.#lookup(path, false)?.file
  }

  /**
   * The content of a file, all symbolic links followed inside the image. Reads its layer up to there.
   * @throws LayerfsError `LAYERFS_NO_FILE` when there is none at the path
   */
  async *read(path: string, { signal }: { readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const placed = this.#lookup(path, true)
    if (placed?.file.type !== 'file') {
      throw new LayerfsError('LAYERFS_NO_FILE', `the image has no file ${path.slice(0, 300)}`, { kind: 'not-found' })
    }
    yield* this.#content(placed.place, signal)
  }

  async *#content({ layer, entry }: ContentPlace, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    const descriptor = this.#layers[layer]?.descriptor
    if (descriptor === undefined) return
    let index = 0
    for await (const { content } of readTar(decompress(this.#source.fetch(descriptor, { signal })))) {
      if (index++ !== entry) continue
      yield* content
      return
    }
  }

  #lookup(path: string, followsLast: boolean): PlacedFile | undefined {
    const resolved = resolvePath(Buffer.from(path).toString('latin1'), (at) => linkOf(this.#visible.get(at)), { followsLast })
    return resolved === undefined ? undefined : this.#visible.get(resolved)
  }
}
