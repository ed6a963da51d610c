import {
  type Digest,
  familiarReference,
  formatPlatform,
  formatReference,
  hostPlatform,
  type Image,
  loadArchive,
  parsePlatform,
  parseReference,
  type Reference,
  readImage,
  saveArchive,
} from '@ct/image'
import type { OverlaySnapshotter } from '@ct/layerfs'
import { EngineError, invalid, withDiskFull } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import { parseTimeText } from '../store/time-text.ts'
import type { ImageCatalog } from './image-catalog.ts'
import { filterImages } from './image-filter.ts'
import type { ImageGarbage } from './image-garbage.ts'
import { imageHistory } from './image-history.ts'
import type { ImageRecord } from './image-record.ts'
import type {
  ImageDetails,
  ImageHistoryEntry,
  ImageSummary,
  LoadedImageSummary,
  PullOptions,
  PushOptions,
  RemovedImage,
} from './image-types.ts'
import type { ImageUsage } from './image-usage.ts'
import type { ImageFilters, Images, PrunedImages } from './images.ts'
import { pullImage } from './pull-image.ts'
import { pushImage } from './push-image.ts'
import { removeImage } from './remove-image.ts'
import { layerChain, unpackImage } from './unpack-image.ts'
import { UntaggedTarget } from './untagged-target.ts'
import { withRepository } from './with-repository.ts'

/** What {@link ImageService} works with. */
export interface ImageServiceParts {
  readonly catalog: ImageCatalog
  readonly snapshotter: OverlaySnapshotter
  readonly garbage: ImageGarbage
  readonly usage: ImageUsage
  readonly events: EventBus
}

/** An image that a container is made from. */
export interface UsableImage {
  readonly record: ImageRecord
  readonly image: Image
}

/** The images of an engine. */
export class ImageService implements Images {
  readonly #parts: ImageServiceParts

  constructor(parts: ImageServiceParts) {
    this.#parts = parts
  }

  async pull(text: string, options: PullOptions = {}): Promise<ImageSummary> {
    options.signal?.throwIfAborted()
    const { garbage, events } = this.#parts
    const reference = parseReference(text)
    const record = await diskFullMapped(
      garbage.whileArriving(() =>
        withRepository(reference, options.credentials, (source) => pullImage(source, reference, this.#parts, options)),
      ),
    )
    events.emit({ type: 'image', action: 'pull', id: familiarReference(reference), attributes: { name: familiarReference(reference) } })
    return this.#summary(record)
  }

  async push(text: string, options: PushOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    const reference = parseReference(text)
    if (reference.digest !== undefined) throw invalid('cannot push a digest reference')
    const { catalog, events } = this.#parts
    const record = await this.#tagged(reference)
    const digest = await withRepository(reference, options.credentials, (target) =>
      pushImage(catalog, target, { record, reference, options }),
    )
    const repoDigests = [`${reference.registry}/${reference.repository}@${digest}`]
    catalog.put(await catalog.read(record), { repoDigests, sizeBytes: record.sizeBytes })
    events.emit({ type: 'image', action: 'push', id: familiarReference(reference), attributes: { name: familiarReference(reference) } })
  }

  async list({ filters = {} }: { readonly filters?: ImageFilters | undefined } = {}): Promise<ImageSummary[]> {
    const tags = await this.#parts.catalog.references()
    const summaries = this.#parts.catalog.all().map((record) => this.#summarise(record, tags.get(record.id) ?? []))
    summaries.sort((a, b) => (a.createdAt > b.createdAt ? -1 : a.createdAt < b.createdAt ? 1 : a.id < b.id ? -1 : 1))
    const until = filters.until?.map((text) => Number((parseTimeText(text) ?? 0n) / 1_000_000n))
    const before = await this.#times(filters.before)
    return filterImages(summaries, filters, {
      before: Math.min(...(before ?? []), ...(until ?? []), Number.POSITIVE_INFINITY),
      since: Math.max(...((await this.#times(filters.since)) ?? []), Number.NEGATIVE_INFINITY),
    })
  }

  async get(text: string): Promise<ImageDetails> {
    return this.#details(await this.#parts.catalog.get(text))
  }

  async find(text: string): Promise<ImageDetails | undefined> {
    const record = await this.#parts.catalog.find(text)
    return record === undefined ? undefined : this.#details(record)
  }

  async ids(): Promise<readonly Digest[]> {
    return this.#parts.catalog.all().map(({ id }) => id)
  }

  async tag(text: string, target: string): Promise<void> {
    const { catalog, events } = this.#parts
    const record = await catalog.get(text)
    const reference = parseReference(target)
    if (reference.digest !== undefined) throw invalid('refusing to create a tag with a digest reference')
    await catalog.tag(record.manifest, formatReference(reference))
    events.emit({ type: 'image', action: 'tag', id: record.id, attributes: { name: familiarReference(reference) } })
  }

  async remove(text: string, { force = false }: { readonly force?: boolean | undefined } = {}): Promise<readonly RemovedImage[]> {
    const { catalog, usage, garbage } = this.#parts
    const removed = await removeImage(catalog, usage, { record: await catalog.get(text), text, force })
    this.#tellRemoved(removed)
    if (removed.some((entry) => 'deleted' in entry)) await garbage.collect()
    return removed
  }

  async history(text: string): Promise<readonly ImageHistoryEntry[]> {
    const { catalog, snapshotter } = this.#parts
    const record = await catalog.get(text)
    const image = await catalog.read(record)
    const sizes = await Promise.all(
      layerChain(image).map(async (key) => ((await snapshotter.find(key)) === undefined ? 0 : (await snapshotter.usage(key)).sizeBytes)),
    )
    const { repoTags } = await this.#summary(record)
    return imageHistory(image, sizes, repoTags)
  }

  async load(
    archive: AsyncIterable<Uint8Array>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<readonly LoadedImageSummary[]> {
    signal?.throwIfAborted()
    return diskFullMapped(this.#parts.garbage.whileArriving(() => this.#load(archive, signal)))
  }

  async *save(references: readonly string[]): AsyncGenerator<Uint8Array> {
    const { catalog } = this.#parts
    const names: string[] = []
    for (const text of references) {
      const record = await catalog.get(text)
      const tags = (await catalog.references()).get(record.id) ?? []
      const isTag = tags.includes(fullName(text))
      names.push(isTag ? fullName(text) : record.manifest.digest)
    }
    yield* saveArchive(catalog.store, names)
  }

  async prune({
    all = false,
    filters,
  }: {
    readonly all?: boolean | undefined
    readonly filters?: ImageFilters | undefined
  } = {}): Promise<PrunedImages> {
    const { catalog, usage, garbage } = this.#parts
    const used = new Set(usage.users().map(({ imageId }) => imageId))
    const removed: RemovedImage[] = []
    for (const { id, repoTags } of await this.list({ filters })) {
      const record = catalog.byId(id)
      if (record === undefined || used.has(id) || (!all && repoTags.length > 0)) continue
      removed.push(...(await removeImage(catalog, usage, { record, text: id, force: true })))
    }
    this.#tellRemoved(removed)
    return { removed, freedBytes: await garbage.collect() }
  }

  /** Size of all layers of an image, unpacked; undefined when it is no more. */
  sizeOf(id: Digest): number | undefined {
    return this.#parts.catalog.byId(id)?.sizeBytes
  }

  /** The image for a new container, unpacked. `ENGINE_WRONG_PLATFORM` when this machine cannot run it. */
  async use(text: string, platform?: string): Promise<UsableImage> {
    const { catalog, snapshotter, garbage } = this.#parts
    const record = await catalog.get(text)
    const image = await catalog.read(record)
    checkPlatform(text, image, platform)
    if (record.chainId !== '' && (await snapshotter.find(record.chainId)) === undefined) {
      const sizeBytes = await garbage.whileArriving(() => unpackImage(catalog, snapshotter, image))
      catalog.put(image, { sizeBytes })
    }
    return { record, image }
  }

  async #load(archive: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<LoadedImageSummary[]> {
    const { catalog, snapshotter, events } = this.#parts
    const target = new UntaggedTarget(catalog.store)
    const summaries: LoadedImageSummary[] = []
    for (const { references, descriptor } of await loadArchive(target, archive, { signal })) {
      const image = await readImage(catalog.store, descriptor, { signal })
      catalog.put(image, { sizeBytes: await unpackImage(catalog, snapshotter, image, { signal }) })
      for (const reference of references) await catalog.tag(image.manifestDescriptor, reference)
      const familiar = references.map((reference) => familiarReference(parseReference(reference)))
      summaries.push({ id: image.imageId, references: familiar })
      events.emit({ type: 'image', action: 'load', id: image.imageId, attributes: { name: familiar[0] ?? image.imageId } })
    }
    return summaries
  }

  async #tagged(reference: Reference): Promise<ImageRecord> {
    const { catalog } = this.#parts
    const record = await catalog.find(formatReference(reference))
    if (record !== undefined) return record
    throw new EngineError('ENGINE_NO_IMAGE', `An image does not exist locally with the tag: ${familiarReference(reference)}`, {
      kind: 'not-found',
    })
  }

  async #summary(record: ImageRecord): Promise<ImageSummary> {
    return this.#summarise(record, (await this.#parts.catalog.references()).get(record.id) ?? [])
  }

  #summarise(record: ImageRecord, tags: readonly string[]): ImageSummary {
    const { id, repoDigests, createdAt, sizeBytes, labels } = record
    const familiar = (reference: string): string => familiarReference(parseReference(reference))
    const containers = this.#parts.usage.users().filter(({ imageId }) => imageId === id).length
    return { id, repoTags: tags.map(familiar), repoDigests: repoDigests.map(familiar), createdAt, sizeBytes, labels, containers }
  }

  async #details(record: ImageRecord): Promise<ImageDetails> {
    const { catalog, snapshotter } = this.#parts
    const { manifestDescriptor, manifest, config } = await catalog.read(record)
    const isUnpacked = record.chainId !== '' && (await snapshotter.find(record.chainId)) !== undefined
    const layerDirectories = isUnpacked ? [...(await snapshotter.layerDirectories(record.chainId))].reverse() : []
    return { ...(await this.#summary(record)), manifestDescriptor, manifest, config, layerDirectories }
  }

  async #times(images: readonly string[] | undefined): Promise<number[] | undefined> {
    return images === undefined
      ? undefined
      : Promise.all(images.map(async (text) => Date.parse((await this.#parts.catalog.get(text)).createdAt)))
  }

  #tellRemoved(removed: readonly RemovedImage[]): void {
    for (const entry of removed) {
      const [action, id] = 'deleted' in entry ? ['delete', entry.deleted] : ['untag', entry.untagged]
      this.#parts.events.emit({ type: 'image', action: action ?? '', id: id ?? '', attributes: { name: id ?? '' } })
    }
  }
}

function fullName(text: string): string {
  return /^(sha256:)?[0-9a-f]{64}$/.test(text) ? text : formatReference(parseReference(text))
}

/** docker answers "not found" to another platform than was asked for, and its client then pulls. */
function checkPlatform(text: string, { config }: Image, asked: string | undefined): void {
  const { os, architecture } = config
  const wanted = asked === undefined || asked === '' ? undefined : parsePlatform(asked)
  if (wanted !== undefined && (wanted.os !== os || wanted.architecture !== architecture)) {
    const problem = `its platform (${os}/${architecture}) does not match the specified platform (${formatPlatform(wanted)})`
    throw new EngineError('ENGINE_NO_IMAGE', `image with reference ${text} was found but ${problem}`, { kind: 'not-found' })
  }
  const own = hostPlatform().architecture
  if (os === 'linux' && (architecture === own || (own === 'amd64' && architecture === '386'))) return
  throw new EngineError('ENGINE_WRONG_PLATFORM', `image ${text} is for ${os}/${architecture}, and this machine is linux/${own}`, {
    kind: 'invalid',
    hint: `pull it for linux/${own}`,
  })
}

async function diskFullMapped<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    throw withDiskFull(error)
  }
}
