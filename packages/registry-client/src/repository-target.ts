import {
  type CallOptions,
  checkReference,
  type Descriptor,
  digestOf,
  type FetchOptions,
  isDigest,
  MEDIA_TYPES,
  type PushOptions,
  parseManifest,
  readBlob,
  type Source,
  type Target,
  verified,
} from '@ct/image'
import { blobStream } from './blob-stream.ts'
import { RegistryError } from './errors.ts'
import type { RetryOptions } from './options.ts'
import type { ListOptions } from './pages.ts'
import { type ReferrersOptions, referrersTag, withReferrer } from './referrers.ts'
import { isManifest, type RepositoryApi } from './repository-api.ts'
import { uploadBlob } from './upload.ts'

/** How a repository is read and written. */
export interface RepositoryBehaviour {
  readonly retry: RetryOptions
  readonly chunkBytes: number | undefined
}

/**
 * A repository of a registry as a source and target: references are tags or digests. Reading goes on after a broken connection;
 * a blob that is there already is not sent.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export class RepositoryTarget implements Target {
  /** As in references: `docker.io`, `localhost:5000`. */
  readonly registry: string
  readonly repository: string
  readonly isComplete = true
  readonly takesTransient = true
  readonly #api: RepositoryApi
  readonly #behaviour: RepositoryBehaviour
  #lastManifest: { readonly descriptor: Descriptor; readonly bytes: Uint8Array } | undefined

  /** Made by `RegistryClient.repository`. */
  constructor(api: RepositoryApi, behaviour: RepositoryBehaviour) {
    this.#api = api
    this.#behaviour = behaviour
    this.registry = api.registry
    this.repository = api.repository
  }

  /** Takes a tag or a digest; costs one HEAD, or a GET where the answer to HEAD says too little. */
  async resolve(ref: string, { signal }: CallOptions = {}): Promise<Descriptor> {
    this.#check(ref)
    const found = await this.#api.headManifest(ref, { signal, isMirrored: true })
    if (found !== undefined) return found
    const separator = isDigest(ref) ? '@' : ':'
    throw new RegistryError('REGISTRY_NOT_FOUND', `no image ${this.registry}/${this.repository}${separator}${ref}: 404 Not Found`, {
      kind: 'not-found',
      hint: 'check the repository and the tag',
    })
  }

  async *fetch(
    descriptor: Descriptor,
    { signal, offset = 0, verify = true, transient = false }: FetchOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    signal?.throwIfAborted()
    const isVerified = verify && offset === 0
    const body = this.#read(descriptor, { signal, offset, transient: transient && !isVerified })
    yield* isVerified ? verified(descriptor, body) : body
  }

  async has(descriptor: Descriptor, { signal }: CallOptions = {}): Promise<boolean> {
    const found = isManifest(descriptor)
      ? await this.#api.headManifest(descriptor.digest, { signal })
      : await this.#api.headBlob(descriptor.digest, { signal })
    return found !== undefined
  }

  /**
   * Sends a blob, resumed where it breaks when its source can be read again, or a manifest under its digest. What fails for good
   * leaves nothing; it can be made again.
   */
  async push(descriptor: Descriptor, body: AsyncIterable<Uint8Array>, { signal, reopen }: PushOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    if (isManifest(descriptor)) {
      const bytes = await readBlob({ fetch: () => body }, descriptor)
      await this.#putManifest(descriptor, bytes, { ref: descriptor.digest, signal })
    } else if (await this.has(descriptor, { signal })) {
      await body[Symbol.asyncIterator]().return?.()
    } else {
      await uploadBlob(descriptor, body, { uploads: this.#api.uploads, ...this.#behaviour, signal, reopen })
    }
  }

  async tag(descriptor: Descriptor, ref: string, { signal }: CallOptions = {}): Promise<void> {
    this.#check(ref)
    const isLast = this.#lastManifest?.descriptor.digest === descriptor.digest
    const bytes = isLast && this.#lastManifest !== undefined ? this.#lastManifest.bytes : await readBlob(this, descriptor, { signal })
    await this.#putManifest(descriptor, bytes, { ref, signal })
  }

  /** Takes a blob from another repository of the same registry, where the registry allows it. */
  async mount(descriptor: Descriptor, from: Source, { signal }: CallOptions = {}): Promise<boolean> {
    if (!(from instanceof RepositoryTarget) || from.registry !== this.registry || from.repository === this.repository) return false
    return this.#api.uploads.mount(descriptor.digest, from.repository, { signal })
  }

  /** The tags of the repository, page by page, in the registry's order. */
  tags(options: ListOptions = {}): AsyncGenerator<string, void, undefined> {
    return this.#api.tags(options)
  }

  /** The manifests that have this one as their subject: signatures, bills of material. */
  referrers(subject: Pick<Descriptor, 'digest'>, options: ReferrersOptions = {}): AsyncGenerator<Descriptor, void, undefined> {
    return this.#api.referrers(subject.digest, options)
  }

  /** Removes a tag, or, by digest, a manifest with all its tags; says whether it was there. Registries may refuse either. */
  async delete(ref: string, options: CallOptions = {}): Promise<boolean> {
    this.#check(ref)
    return this.#api.deleteManifest(ref, options)
  }

  async *#read(
    descriptor: Descriptor,
    { signal, offset, transient }: Omit<FetchOptions, 'verify' | 'offset'> & { readonly offset: number },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { digest } = descriptor
    if (isManifest(descriptor)) {
      yield (await this.#api.getManifest(digest, { signal, isMirrored: true })).bytes.subarray(offset)
      return
    }
    // An empty blob is requested, too: it may be absent.
    if (descriptor.size === 0) await (await this.#api.getBlob(digest, { signal, isMirrored: true })).body.dump()
    const request = (at: number) => this.#api.getBlob(digest, { offset: at, signal, isMirrored: true })
    yield* blobStream(descriptor, request, { offset, retry: this.#behaviour.retry, signal, transient })
  }

  async #putManifest(
    descriptor: Descriptor,
    bytes: Uint8Array,
    { ref, signal }: { ref: string; signal: AbortSignal | undefined },
  ): Promise<void> {
    const { knowsSubject } = await this.#api.putManifest(ref, { descriptor, bytes }, { signal })
    if (!knowsSubject) await this.#listReferrer(descriptor, bytes, signal)
    this.#lastManifest = { descriptor, bytes }
  }

  /**
   * Where the registry does not list referrers, we do, under a tag. Two that do so at once may lose one entry: the spec knows no lock.
   * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject
   */
  async #listReferrer(descriptor: Descriptor, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const manifest = parseManifest(bytes, descriptor)
    if (manifest.subject === undefined) return
    const tag = referrersTag(manifest.subject.digest)
    const list: Descriptor[] = []
    for await (const entry of this.#api.referrers(manifest.subject.digest, { signal })) list.push(entry)
    const index = withReferrer(list, descriptor, manifest)
    if (index === undefined) return
    const content = Buffer.from(JSON.stringify(index))
    const entry = { mediaType: MEDIA_TYPES.ociIndex, digest: digestOf(content), size: content.byteLength }
    await this.#api.putManifest(tag, { descriptor: entry, bytes: content }, { signal })
  }

  #check(ref: string): void {
    checkReference({ registry: this.registry, repository: this.repository, ...(isDigest(ref) ? { digest: ref } : { tag: ref }) })
  }
}
