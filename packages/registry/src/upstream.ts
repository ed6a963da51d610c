import { bodyOf, type Descriptor, type Digest, type ImageStore, isDigest, parseManifest, readBlob, type Source } from '@ct/image'
import { hasErrorKind } from './error-answer.ts'
import { DistributionError } from './errors.ts'
import type { ManifestFacts } from './manifest-facts.ts'
import { NamedBlobs } from './named-blobs.ts'
import type { Repository } from './repository.ts'

/** Where a pull-through cache takes what it does not have. */
export interface UpstreamOptions {
  /** The same repository at the other registry, which is asked for references such as `1.2` and for digests. */
  readonly source: (repository: string) => Source
  /** How long a tag is taken to stand for what it stood for. @default 300,000 */
  readonly ttlMs?: number | undefined
}

/** What is wanted of a manifest. */
export interface ManifestRequest {
  /** A tag or digest. */
  readonly reference: string
  /** What is here. */
  readonly own: Descriptor | undefined
  readonly signal: AbortSignal
}

const CHECKED_AT = 'dev.ct.registry.checked-at'

/** Brings manifests and blobs from another registry when they are asked for, once each, and keeps them in the store. */
export class Upstream {
  readonly #store: ImageStore
  readonly #named: NamedBlobs
  readonly #source: (repository: string) => Source
  readonly #ttlMs: number
  readonly #underWay = new Map<string, Promise<Descriptor | undefined>>()

  constructor(
    { store, facts }: { readonly store: ImageStore; readonly facts: ManifestFacts },
    { source, ttlMs = 300_000 }: UpstreamOptions,
  ) {
    this.#store = store
    this.#named = new NamedBlobs(facts)
    this.#source = source
    this.#ttlMs = ttlMs
  }

  /** The manifest as it is upstream now, or as it was last seen when that is recent or upstream cannot be reached. */
  async refreshManifest(repository: Repository, { reference, own, signal }: ManifestRequest): Promise<Descriptor | undefined> {
    if (own !== undefined && (isDigest(reference) || this.#isFresh(own))) return own
    try {
      return await this.#once(`${repository.name}:${reference}`, () => this.#bringManifest(repository, reference))
    } catch (error) {
      signal.throwIfAborted()
      if (hasErrorKind(error, 'not-found')) return undefined
      if (own !== undefined) return own
      throw failed(`${repository.name}:${reference}`, error)
    }
  }

  /** Brings a blob that a manifest of the repository names. */
  async fetchBlob(repository: Repository, digest: Digest, signal: AbortSignal): Promise<Descriptor | undefined> {
    try {
      return await this.#once(`${repository.name}@${digest}`, () => this.#bringBlob(repository, digest))
    } catch (error) {
      signal.throwIfAborted()
      if (hasErrorKind(error, 'not-found')) return undefined
      throw failed(`${repository.name}@${digest}`, error)
    }
  }

  #isFresh({ annotations }: Descriptor): boolean {
    return Date.now() - Date.parse(annotations?.[CHECKED_AT] ?? '') < this.#ttlMs
  }

  async #bringManifest(repository: Repository, reference: string): Promise<Descriptor> {
    const source = this.#source(repository.name)
    const { mediaType, digest, size } = await source.resolve(reference)
    const descriptor = { mediaType, digest, size }
    using _lease = this.#store.lease?.()
    if ((await repository.findManifest(digest)) === undefined) {
      const bytes = await readBlob(source, descriptor)
      parseManifest(bytes, descriptor)
      await this.#store.push(descriptor, bodyOf(bytes))
    }
    const checked = { ...descriptor, annotations: { [CHECKED_AT]: new Date().toISOString() } }
    await repository.putManifest(checked, isDigest(reference) ? [] : [reference])
    return checked
  }

  async #bringBlob(repository: Repository, digest: Digest): Promise<Descriptor | undefined> {
    // Only what a manifest here names is brought: a client cannot make us ask for anything else.
    const descriptor = await this.#named.find(repository, digest)
    if (descriptor === undefined) return undefined
    using _lease = this.#store.lease?.()
    await this.#store.push(descriptor, this.#source(repository.name).fetch(descriptor, { verify: false }))
    await repository.linkBlob(descriptor)
    return descriptor
  }

  /** Those who ask for the same at the same time wait for one transfer, which goes on when some of them leave. */
  async #once(key: string, work: () => Promise<Descriptor | undefined>): Promise<Descriptor | undefined> {
    const running = this.#underWay.get(key) ?? work().finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, running)
    return running
  }
}

/** That there is no room here is not upstream's fault. */
function failed(what: string, cause: unknown): unknown {
  if (hasErrorKind(cause, 'exhausted')) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new DistributionError('DISTRIBUTION_UPSTREAM_FAILED', `${what} cannot be had from upstream: ${reason}`, { cause })
}
