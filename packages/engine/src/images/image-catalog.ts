import { hasErrno, isCtError } from '@ct/errors'
import {
  type ContentStore,
  chainId,
  type Descriptor,
  type Digest,
  digestHex,
  formatReference,
  type Image,
  isDigest,
  isInternalReference,
  parseReference,
  readImage,
} from '@ct/image'
import { EngineError, invalid } from '../errors.ts'
import { RecordDirectory } from '../store/record-directory.ts'
import { ZERO_TIME } from '../store/time-text.ts'
import type { ImageRecord } from './image-record.ts'

const CACHED_IMAGES = 64

/** Which images there are, and what their references stand for. */
export class ImageCatalog {
  readonly store: ContentStore
  readonly errors: EngineError[] = []
  readonly #records: RecordDirectory<ImageRecord>
  readonly #byId = new Map<Digest, ImageRecord>()
  readonly #parsed = new Map<Digest, Image>()

  constructor(store: ContentStore, path: string) {
    this.store = store
    this.#records = new RecordDirectory(path, {
      file: 'image.json',
      missing: 'remove',
      check: ({ id, manifest }) =>
        typeof id === 'string' && isDigest(id) && typeof manifest?.digest === 'string' ? undefined : 'id or manifest is missing',
    })
  }

  /** Reads the records, and makes those of tagged images that have none. */
  async open(): Promise<void> {
    const { records, errors } = this.#records.load()
    this.errors.push(...errors)
    for (const record of records) this.#byId.set(record.id, record)
    const known = new Set(records.map(({ manifest }) => manifest.digest))
    for (const { reference, descriptor } of await this.store.listRefs()) {
      if (!isByDigest(reference) && !known.has(descriptor.digest)) await this.#adopt(reference, descriptor)
    }
  }

  all(): ImageRecord[] {
    return [...this.#byId.values()]
  }

  byId(id: Digest): ImageRecord | undefined {
    return this.#byId.get(id)
  }

  /** Manifest and config of an image, read once. */
  async read(record: ImageRecord): Promise<Image> {
    const cached = this.#parsed.get(record.id)
    if (cached !== undefined) return cached
    const image = await readImage(this.store, record.manifest)
    this.#parsed.set(record.id, image)
    const oldest = this.#parsed.keys().next().value
    if (this.#parsed.size > CACHED_IMAGES && oldest !== undefined) this.#parsed.delete(oldest)
    return image
  }

  /** Adds an image, or what is new about it. */
  put(
    image: Image,
    { repoDigests = [], sizeBytes }: { readonly repoDigests?: readonly string[]; readonly sizeBytes: number },
  ): ImageRecord {
    const { imageId, manifestDescriptor, config, layers } = image
    const before = this.#byId.get(imageId)
    const record: ImageRecord = {
      version: 1,
      id: imageId,
      manifest: manifestDescriptor,
      repoDigests: [...new Set([...(before?.repoDigests ?? []), ...repoDigests])],
      chainId: layers.length === 0 ? '' : chainId(layers.map(({ diffId }) => diffId)),
      createdAt: config.created ?? ZERO_TIME,
      labels: config.config?.Labels ?? {},
      sizeBytes,
    }
    this.#write(record)
    return record
  }

  /** Forgets repository digests of a repository, or all of them. */
  dropRepoDigests(record: ImageRecord, drop: (repoDigest: string) => boolean): ImageRecord {
    const next = { ...record, repoDigests: record.repoDigests.filter((repoDigest) => !drop(repoDigest)) }
    this.#write(next)
    return next
  }

  /** Forgets an image; its blobs go with the next collection. */
  delete({ id }: ImageRecord): void {
    this.#records.remove(digestHex(id))
    this.#byId.delete(id)
    this.#parsed.delete(id)
  }

  /** By image id, reference, reference with digest, or unique prefix of an id. */
  async find(text: string): Promise<ImageRecord | undefined> {
    if (isDigest(text)) return this.#byId.get(text) ?? this.#byManifest(text)
    return (await this.#byReference(text)) ?? this.#byPrefix(text)
  }

  /** As `find`, or `ENGINE_NO_IMAGE`. */
  async get(text: string): Promise<ImageRecord> {
    const found = await this.find(text)
    if (found === undefined)
      throw new EngineError('ENGINE_NO_IMAGE', `No such image: ${withTag(text)}`, { kind: 'not-found', hint: `ct pull ${text}` })
    return found
  }

  /** Lets a reference with a tag stand for an image. `ENGINE_INVALID` for a name that stores keep for other things than images. */
  async tag(image: Descriptor, reference: string): Promise<void> {
    if (isInternalReference(reference)) throw invalid(`${reference} is no name for an image: .ct.invalid is reserved`)
    await this.store.tag(image, reference)
  }

  /** Full references with a tag, by image id. */
  async references(): Promise<ReadonlyMap<Digest, readonly string[]>> {
    const byManifest = new Map(this.all().map((record) => [record.manifest.digest, record.id]))
    const result = new Map<Digest, string[]>()
    for (const { reference, descriptor } of await this.store.listRefs()) {
      const id = isByDigest(reference) ? undefined : byManifest.get(descriptor.digest)
      if (id !== undefined) result.set(id, [...(result.get(id) ?? []), reference])
    }
    return result
  }

  async #byReference(text: string): Promise<ImageRecord | undefined> {
    const reference = asReference(text)
    if (reference === undefined) return undefined
    if (reference.digest !== undefined) {
      const name = `${reference.registry}/${reference.repository}@${reference.digest}`
      return this.all().find(({ repoDigests }) => repoDigests.includes(name))
    }
    const descriptor = await this.#resolve(formatReference(reference))
    return descriptor === undefined ? undefined : this.#byManifest(descriptor.digest)
  }

  #byManifest(digest: Digest): ImageRecord | undefined {
    return this.all().find(
      ({ manifest, repoDigests }) => manifest.digest === digest || repoDigests.some((name) => name.endsWith(`@${digest}`)),
    )
  }

  #byPrefix(text: string): ImageRecord | undefined {
    const prefix = text.replace(/^sha256:/, '')
    if (!/^[0-9a-f]{1,64}$/.test(prefix)) return undefined
    const matches = this.all().filter(({ id }) => digestHex(id).startsWith(prefix))
    if (matches.length > 1) throw invalid(`multiple IDs found with provided prefix: ${text}`, 'give more digits of the id')
    return matches[0]
  }

  async #resolve(reference: string): Promise<Descriptor | undefined> {
    try {
      return await this.store.resolve(reference)
    } catch (error) {
      if (isCtError(error) && error.kind === 'not-found') return undefined
      throw error
    }
  }

  /** A record that was lost, or never written, is made again from the blobs. */
  async #adopt(reference: string, descriptor: Descriptor): Promise<void> {
    try {
      const image = await readImage(this.store, descriptor)
      this.put(image, { sizeBytes: image.manifest.layers.reduce((sum, { size }) => sum + size, 0) })
    } catch (error) {
      // A registry on the same store has other things than images, too.
      if (isCtError(error) && error.kind === 'unsupported') return
      if (!isCtError(error) && !hasErrno(error, 'ENOENT')) throw error
      this.errors.push(
        new EngineError('ENGINE_BAD_RECORD', `image ${reference} cannot be read: ${error.message}`, {
          kind: 'corrupt',
          hint: `pull it again, or remove its reference`,
          cause: error,
        }),
      )
    }
  }

  #write(record: ImageRecord): void {
    this.#records.prepare(digestHex(record.id))
    this.#records.write(digestHex(record.id), record, { sync: true })
    this.#byId.set(record.id, record)
  }
}

/** So a registry on the same store keeps all that it has, images or not; what is an image for people has a tag. */
function isByDigest(reference: string): boolean {
  return parseReference(reference).digest !== undefined
}

function asReference(text: string): ReturnType<typeof parseReference> | undefined {
  try {
    return parseReference(text)
  } catch (error) {
    // What cannot be a reference may still be an id.
    if (isCtError(error) && error.kind === 'invalid') return undefined
    throw error
  }
}

/** docker names the tag in "No such image", and clients look for that. */
function withTag(text: string): string {
  return /[:@][^/]*$/.test(text) || asReference(text) === undefined ? text : `${text}:latest`
}
