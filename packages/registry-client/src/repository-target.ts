import {
  type CallOptions,
  checkReference,
  type Descriptor,
  digestAlgorithm,
  digestOf,
  type FetchOptions,
  isDigest,
  isIndex,
  isIndexMediaType,
  isManifestMediaType,
  MAX_DOCUMENT_BYTES,
  MEDIA_TYPES,
  type PushOptions,
  parseManifest,
  readBlob,
  type Source,
  type Target,
  verified,
} from '@ct/image'
import { blobStream } from './blob-stream.ts'
import { type HttpResponse, headerOf, readBounded } from './http.ts'
import { protocolError } from './network-error.ts'
import { listTags, type TagsOptions } from './tags.ts'
import type { RegistryRequest, Transport } from './transport.ts'
import { mountBlob, type UploadTarget, uploadBlob } from './upload.ts'

const accept = [MEDIA_TYPES.ociManifest, MEDIA_TYPES.ociIndex, MEDIA_TYPES.dockerManifest, MEDIA_TYPES.dockerIndex].join(', ')

/** What a request of this repository leaves open. */
type RepositoryRequest = Omit<RegistryRequest, 'registry' | 'url' | 'scopes'> & { readonly isPush?: boolean }

/**
 * A repository of a registry as a source and target: references are tags or digests. Reading goes on after a broken connection;
 * a blob that is there already is not sent.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export class RepositoryTarget implements Target {
  /** As in references: `docker.io`, `localhost:5000`. */
  readonly registry: string
  readonly repository: string
  readonly #transport: Transport
  #lastManifest: { readonly descriptor: Descriptor; readonly bytes: Uint8Array } | undefined

  /** Made by `RegistryClient.repository`. */
  constructor(transport: Transport, { registry, repository }: { readonly registry: string; readonly repository: string }) {
    this.#transport = transport
    this.registry = registry
    this.repository = repository
  }

  /** Takes a tag or a digest; costs one HEAD, or a GET where the answer to HEAD says too little. */
  async resolve(ref: string, { signal }: CallOptions = {}): Promise<Descriptor> {
    this.#check(ref)
    const path = `manifests/${ref}`
    const head = await this.#send(path, { method: 'HEAD', headers: { accept }, expect: [200, 405], signal })
    await head.body.dump()
    return (head.status === 200 ? this.#described(ref, head) : undefined) ?? this.#resolveByGet(ref, signal)
  }

  async *fetch(
    descriptor: Descriptor,
    { signal, offset = 0, verify = true }: FetchOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    signal?.throwIfAborted()
    const request = (range: string | undefined) =>
      this.#send(pathOf(descriptor), {
        method: 'GET',
        headers: { accept: isManifest(descriptor) ? descriptor.mediaType : '*/*', ...(range !== undefined && { range }) },
        expect: [200, 206],
        signal,
      })
    // An empty blob is requested, too: it may be absent.
    if (descriptor.size === 0) await (await request(undefined)).body.dump()
    const body = blobStream(descriptor, request, { offset, retry: this.#transport.retry, signal })
    yield* verify && offset === 0 ? verified(descriptor, body) : body
  }

  async has(descriptor: Descriptor, { signal }: CallOptions = {}): Promise<boolean> {
    const headers = { accept: isManifest(descriptor) ? descriptor.mediaType : '*/*' }
    const answer = await this.#send(pathOf(descriptor), { method: 'HEAD', headers, expect: [200, 404], signal })
    await answer.body.dump()
    return answer.status === 200
  }

  /** Sends a blob in one piece, a manifest under its digest. A push that fails leaves nothing; it can be made again. */
  async push(descriptor: Descriptor, body: AsyncIterable<Uint8Array>, { signal }: PushOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    if (isManifest(descriptor)) {
      const bytes = await readBlob({ fetch: () => body }, descriptor)
      await this.#putManifest(descriptor, bytes, { ref: descriptor.digest, signal })
    } else if (await this.has(descriptor, { signal })) {
      await body[Symbol.asyncIterator]().return?.()
    } else {
      await uploadBlob(descriptor, body, this.#uploadTarget(signal))
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
    return mountBlob(descriptor, from.repository, this.#uploadTarget(signal))
  }

  /** The tags of the repository, page by page, in the registry's order. */
  tags(options: TagsOptions = {}): AsyncGenerator<string, void, undefined> {
    return listTags((url, signal) => this.#send(url, { method: 'GET', expect: [200], signal }), this.repository, options)
  }

  async #resolveByGet(ref: string, signal: AbortSignal | undefined): Promise<Descriptor> {
    const response = await this.#send(`manifests/${ref}`, { method: 'GET', headers: { accept }, expect: [200], signal })
    const bytes = await readBounded(response, MAX_DOCUMENT_BYTES)
    const told = mediaTypeOf(response)
    const manifest = parseManifest(bytes, told === undefined ? undefined : { mediaType: told })
    const mediaType = told ?? manifest.mediaType ?? (isIndex(manifest) ? MEDIA_TYPES.ociIndex : MEDIA_TYPES.ociManifest)
    const digest = isDigest(ref) ? digestOf(bytes, digestAlgorithm(ref)) : digestOf(bytes)
    if (isDigest(ref) && digest !== ref) throw protocolError(response.url, `it gave ${digest} instead`)
    return { mediaType, digest, size: bytes.byteLength }
  }

  /** What the headers say, if they say all, and speak of a manifest. */
  #described(ref: string, response: HttpResponse): Descriptor | undefined {
    const digest = isDigest(ref) ? ref : headerOf(response, 'docker-content-digest')
    const mediaType = mediaTypeOf(response)
    const length = headerOf(response, 'content-length')
    if (digest === undefined || !isDigest(digest) || mediaType === undefined || length === undefined) return undefined
    const descriptor = { mediaType, digest, size: Number(length) }
    return isManifest(descriptor) ? descriptor : undefined
  }

  async #putManifest(
    descriptor: Descriptor,
    bytes: Uint8Array,
    { ref, signal }: { ref: string; signal: AbortSignal | undefined },
  ): Promise<void> {
    const headers = { 'content-type': descriptor.mediaType }
    const answer = await this.#send(`manifests/${ref}`, { method: 'PUT', headers, body: bytes, expect: [200, 201], signal, isPush: true })
    await answer.body.dump()
    const stored = headerOf(answer, 'docker-content-digest')
    if (stored !== undefined && stored !== descriptor.digest && stored.startsWith(`${digestAlgorithm(descriptor.digest)}:`)) {
      throw protocolError(answer.url, `it stored ${stored.slice(0, 150)} instead of ${descriptor.digest}`)
    }
    this.#lastManifest = { descriptor, bytes }
  }

  #send(path: string | URL, { isPush = false, ...request }: RepositoryRequest): Promise<HttpResponse> {
    const url = typeof path === 'string' ? `/v2/${this.repository}/${path}` : path
    return this.#transport.send({ ...request, registry: this.registry, url, scopes: this.#scopes(isPush) })
  }

  #uploadTarget(signal?: AbortSignal): UploadTarget {
    return { transport: this.#transport, registry: this.registry, repository: this.repository, scopes: this.#scopes(true), signal }
  }

  #scopes(isPush: boolean): readonly string[] {
    return [`repository:${this.repository}:${isPush ? 'pull,push' : 'pull'}`]
  }

  #check(ref: string): void {
    checkReference({ registry: this.registry, repository: this.repository, ...(isDigest(ref) ? { digest: ref } : { tag: ref }) })
  }
}

function isManifest({ mediaType }: Descriptor): boolean {
  return isIndexMediaType(mediaType) || isManifestMediaType(mediaType)
}

function pathOf(descriptor: Descriptor): string {
  return `${isManifest(descriptor) ? 'manifests' : 'blobs'}/${descriptor.digest}`
}

/** Without parameters; `undefined` for a type that says nothing about manifests. */
function mediaTypeOf(response: HttpResponse): string | undefined {
  const mediaType = headerOf(response, 'content-type')?.split(';')[0]?.trim()
  return mediaType === '' || mediaType === 'application/json' || mediaType === 'text/plain' ? undefined : mediaType
}
