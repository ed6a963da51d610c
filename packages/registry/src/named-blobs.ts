import type { Descriptor, Digest } from '@ct/image'
import type { ManifestFacts } from './manifest-facts.ts'
import type { Repository } from './repository.ts'

/** Manifests and blobs remembered, of all repositories together; at some hundred bytes each. */
const MOST = 100_000

/** What is known of a repository. */
interface Place {
  readonly read: Set<Digest>
  readonly named: Map<Digest, Descriptor>
  /** Ends when the manifests that were there at first are read. */
  whole: Promise<void>
}

/**
 * Which blobs the manifests of a repository name. They are read once; then a blob that is named costs nothing, and one that is not, a list of
 * the repository, of which only new manifests are read. Of too many repositories, those that nobody asked for longest are forgotten; one that
 * is too much by itself is read anew each time.
 */
export class NamedBlobs {
  readonly #facts: ManifestFacts
  readonly #most: number
  readonly #places = new Map<string, Place>()

  constructor(facts: ManifestFacts, { most = MOST }: { readonly most?: number } = {}) {
    this.#facts = facts
    this.#most = most
  }

  async find(repository: Repository, digest: Digest): Promise<Descriptor | undefined> {
    const known = this.#places.get(repository.name)
    const place = known ?? this.#open(repository)
    // Whoever was here last is forgotten last.
    this.#places.delete(repository.name)
    this.#places.set(repository.name, place)
    await place.whole
    if (known !== undefined && !place.named.has(digest)) await this.#learn(repository, place)
    return place.named.get(digest)
  }

  #open(repository: Repository): Place {
    const place: Place = { read: new Set(), named: new Map(), whole: Promise.resolve() }
    place.whole = this.#learn(repository, place).catch((error: unknown) => {
      this.#places.delete(repository.name)
      throw error
    })
    return place
  }

  /** Another registry on the same store may have brought manifests, too. */
  async #learn(repository: Repository, { read, named }: Place): Promise<void> {
    const before = read.size
    for (const manifest of await repository.manifests()) {
      if (read.has(manifest.digest)) continue
      const fact = await this.#facts.of(manifest)
      read.add(manifest.digest)
      for (const { mediaType, digest, size } of fact?.children ?? []) named.set(digest, { mediaType, digest, size })
    }
    if (read.size > before) this.#forget()
  }

  #forget(): void {
    let size = 0
    for (const { read, named } of this.#places.values()) size += read.size + named.size
    for (const [name, { read, named }] of this.#places) {
      if (size <= this.#most) return
      this.#places.delete(name)
      size -= read.size + named.size
    }
  }
}
