import { type Descriptor, type Digest, type ImageStore, isDigest, isTag, parseReference, type StoredReference } from '@ct/image'
import { hasErrorKind } from './error-answer.ts'
import type { ReferrerIndex } from './referrer-index.ts'

/** What a blob is called by its link, whatever manifests call it. */
const BLOB = 'application/octet-stream'
const LINKED_AT = 'dev.ct.registry.linked-at'

/** A blob that was uploaded to a repository or mounted there. */
export interface BlobLink {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly linkedAtMs: number
}

/** A tag and what it stands for. */
export interface TaggedManifest {
  readonly tag: string
  readonly descriptor: Descriptor
}

/** When something came into its repository: the last push counts; 0 when that is not known. */
export function linkedAtMs({ annotations }: Descriptor): number {
  return Date.parse(annotations?.[LINKED_AT] ?? '') || 0
}

/**
 * One repository of a store. What belongs to it has a reference of its own, `<repository>@<digest>`: through this it is seen here and
 * nowhere else, and the store keeps it. Tags stand beside them.
 */
export class Repository {
  readonly name: string
  readonly #store: ImageStore
  readonly #referrers: ReferrerIndex
  readonly #base: string

  constructor(
    { store, referrers }: { readonly store: ImageStore; readonly referrers: ReferrerIndex },
    { storeName, name }: { readonly storeName: string; readonly name: string },
  ) {
    this.#store = store
    this.#referrers = referrers
    this.name = name
    this.#base = `${storeName}/${name}`
  }

  /** A manifest by tag or digest. */
  async findManifest(reference: string): Promise<Descriptor | undefined> {
    if (isDigest(reference)) {
      const held = await this.#find(this.#heldName(reference))
      return held === undefined || held.mediaType === BLOB ? undefined : held
    }
    return isTag(reference) ? this.#find(`${this.#base}:${reference}`) : undefined
  }

  /** A blob, or a manifest read as one. */
  async findBlob(digest: Digest): Promise<Descriptor | undefined> {
    return this.#find(this.#heldName(digest))
  }

  /** Makes a blob of the store one of this repository, as of now. */
  async linkBlob({ digest, size }: Pick<Descriptor, 'digest' | 'size'>): Promise<void> {
    const held = await this.findBlob(digest)
    if (held !== undefined && held.mediaType !== BLOB) return
    await this.#store.tag(asOfNow({ mediaType: BLOB, digest, size }), this.#heldName(digest))
  }

  /** Lets a manifest of the store, and the tags, stand in this repository, as of now. */
  async putManifest(descriptor: Descriptor, tags: readonly string[]): Promise<void> {
    const linked = asOfNow(descriptor)
    await this.#store.tag(linked, this.#heldName(descriptor.digest))
    for (const tag of tags) await this.#store.tag(linked, `${this.#base}:${tag}`)
    await this.#referrers.add(this, descriptor)
  }

  /** Takes a blob or manifest out of this repository; says whether it was in it. */
  async unlink(digest: Digest): Promise<boolean> {
    const manifest = await this.findManifest(digest)
    const remove = () => this.#store.untag(this.#heldName(digest))
    return manifest === undefined ? remove() : this.#referrers.drop(this, manifest, remove)
  }

  async untag(tag: string): Promise<boolean> {
    return isTag(tag) && this.#store.untag(`${this.#base}:${tag}`)
  }

  /** Tags with what they stand for, sorted. */
  async tags(): Promise<readonly TaggedManifest[]> {
    return (await this.#refs()).flatMap(({ reference, descriptor }) => {
      const { tag } = parseReference(reference)
      return tag === undefined ? [] : [{ tag, descriptor }]
    })
  }

  /** Manifests, tagged or not. */
  async manifests(): Promise<readonly Descriptor[]> {
    return (await this.#held()).filter(({ mediaType }) => mediaType !== BLOB)
  }

  async blobs(): Promise<readonly BlobLink[]> {
    const links = (await this.#held()).filter(({ mediaType }) => mediaType === BLOB)
    return links.map((link) => ({ digest: link.digest, sizeBytes: link.size, linkedAtMs: linkedAtMs(link) }))
  }

  /** Whether there is anything in it. */
  async exists(): Promise<boolean> {
    return (await this.#refs()).length > 0
  }

  async #held(): Promise<readonly Descriptor[]> {
    return (await this.#refs()).flatMap(({ reference, descriptor }) => (parseReference(reference).digest === undefined ? [] : [descriptor]))
  }

  #refs(): Promise<readonly StoredReference[]> {
    return this.#store.listRefs(this.#base)
  }

  async #find(name: string): Promise<Descriptor | undefined> {
    try {
      return await this.#store.resolve(name)
    } catch (error) {
      if (hasErrorKind(error, 'not-found')) return undefined
      throw error
    }
  }

  #heldName(digest: Digest): string {
    return `${this.#base}@${digest}`
  }
}

function asOfNow(descriptor: Descriptor): Descriptor {
  return { ...descriptor, annotations: { ...descriptor.annotations, [LINKED_AT]: new Date().toISOString() } }
}
