import {
  type CallOptions,
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestOf,
  isDigest,
  isIndex,
  isIndexMediaType,
  isManifestMediaType,
  isTag,
  MAX_DOCUMENT_BYTES,
  MEDIA_TYPES,
  parseManifest,
} from '@ct/image'
import { type HttpResponse, headerOf, readBounded } from './http.ts'
import { protocolError } from './network-error.ts'
import { followPages, type ListOptions } from './pages.ts'
import { type ReferrersOptions, referrersOf } from './referrers.ts'
import type { RegistryRequest, Transport } from './transport.ts'
import { UploadApi } from './upload-api.ts'

/** What a request of this repository leaves open. */
type RepositoryRequest = Omit<RegistryRequest, 'registry' | 'url' | 'scopes'> & { readonly actions?: string }

/** A manifest with what describes it. */
export interface ReceivedManifest {
  readonly descriptor: Descriptor
  /** As received, byte for byte; the digest is theirs. */
  readonly bytes: Uint8Array
}

/** Options of what is read. */
export interface ReadOptions extends CallOptions {
  /** A mirror of the registry may answer. @default false */
  readonly isMirrored?: boolean | undefined
}

/** Which bytes of a blob are wanted. */
export interface BlobRange extends ReadOptions {
  /** @default 0 */
  readonly offset?: number | undefined
}

const accept = [MEDIA_TYPES.ociManifest, MEDIA_TYPES.ociIndex, MEDIA_TYPES.dockerManifest, MEDIA_TYPES.dockerIndex].join(', ')

/**
 * The endpoints of the distribution spec for one repository, one method each: a level below `RepositoryTarget`, for what that does not
 * do. References are tags or digests.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
 */
export class RepositoryApi {
  readonly registry: string
  readonly repository: string
  /** The endpoints that blobs are uploaded by. */
  readonly uploads: UploadApi
  readonly #transport: Transport

  /** Made by `RegistryClient.api`. */
  constructor(transport: Transport, { registry, repository }: { readonly registry: string; readonly repository: string }) {
    this.#transport = transport
    this.registry = registry
    this.repository = repository
    this.uploads = new UploadApi({ transport, registry, repository, scopes: [`repository:${repository}:pull,push`] })
  }

  /** HEAD of a manifest; `undefined` when it is not there. Some registries say too little, which takes a GET. */
  async headManifest(ref: string, { signal, isMirrored }: ReadOptions = {}): Promise<Descriptor | undefined> {
    const head = await this.#send(`manifests/${ref}`, {
      method: 'HEAD',
      headers: { accept },
      expect: [200, 404, 405],
      signal,
      isMirrored,
    })
    await head.body.dump()
    if (head.status === 404) return undefined
    return (head.status === 200 ? described(ref, head) : undefined) ?? (await this.getManifest(ref, { signal, isMirrored })).descriptor
  }

  /** GET of a manifest, at most 4 MiB. */
  async getManifest(ref: string, { signal, isMirrored }: ReadOptions = {}): Promise<ReceivedManifest> {
    const response = await this.#send(`manifests/${ref}`, { method: 'GET', headers: { accept }, expect: [200], signal, isMirrored })
    const bytes = await readBounded(response, MAX_DOCUMENT_BYTES)
    const told = mediaTypeOf(response)
    const manifest = parseManifest(bytes, told === undefined ? undefined : { mediaType: told })
    const mediaType = told ?? manifest.mediaType ?? (isIndex(manifest) ? MEDIA_TYPES.ociIndex : MEDIA_TYPES.ociManifest)
    const digest = isDigest(ref) ? digestOf(bytes, digestAlgorithm(ref)) : digestOf(bytes)
    if (isDigest(ref) && digest !== ref) throw protocolError(response.url, `it gave ${digest} instead`)
    return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes }
  }

  /** PUT of a manifest; says whether the registry will list it as a referrer of its subject by itself. */
  async putManifest(
    ref: string,
    { descriptor, bytes }: ReceivedManifest,
    { signal }: CallOptions = {},
  ): Promise<{ readonly knowsSubject: boolean }> {
    const headers = { 'content-type': descriptor.mediaType }
    const answer = await this.#send(`manifests/${ref}`, {
      method: 'PUT',
      headers,
      body: bytes,
      expect: [200, 201],
      signal,
      actions: 'pull,push',
    })
    await answer.body.dump()
    const stored = headerOf(answer, 'docker-content-digest')
    if (stored !== undefined && stored !== descriptor.digest && stored.startsWith(`${digestAlgorithm(descriptor.digest)}:`)) {
      throw protocolError(answer.url, `it stored ${stored.slice(0, 150)} instead of ${descriptor.digest}`)
    }
    return { knowsSubject: headerOf(answer, 'oci-subject') !== undefined }
  }

  /** DELETE of a tag, or of a manifest with all its tags; says whether it was there. */
  async deleteManifest(ref: string, options: CallOptions = {}): Promise<boolean> {
    return this.#delete(`manifests/${ref}`, options)
  }

  /** HEAD of a blob; `undefined` when it is not there. The size is as the registry tells it, if it does. */
  async headBlob(digest: Digest, { signal }: CallOptions = {}): Promise<{ readonly sizeBytes: number | undefined } | undefined> {
    const answer = await this.#send(`blobs/${digest}`, { method: 'HEAD', headers: { accept: '*/*' }, expect: [200, 404], signal })
    await answer.body.dump()
    const length = headerOf(answer, 'content-length')
    return answer.status === 404 ? undefined : { sizeBytes: length === undefined ? undefined : Number(length) }
  }

  /** GET of a blob; the bytes are not verified, and the body must be read or dumped. A registry may answer a range with the whole (200). */
  getBlob(digest: Digest, { offset = 0, signal, isMirrored }: BlobRange = {}): Promise<HttpResponse> {
    const headers = { accept: '*/*', ...(offset > 0 && { range: `bytes=${offset}-` }) }
    return this.#send(`blobs/${digest}`, { method: 'GET', headers, expect: [200, 206], signal, isMirrored })
  }

  /** DELETE of a blob; says whether it was there. */
  async deleteBlob(digest: Digest, options: CallOptions = {}): Promise<boolean> {
    return this.#delete(`blobs/${digest}`, options)
  }

  /** The tags, page by page, in the registry's order. */
  async *tags({ pageSize = 1000, signal }: ListOptions = {}): AsyncGenerator<string, void, undefined> {
    const get = (url: string | URL) => this.#send(url, { method: 'GET', expect: [200], signal })
    const what = `the tags of ${this.repository}`
    for await (const { items } of followPages(get, `tags/list?n=${pageSize}`, { what, read: readTags })) yield* items
  }

  /**
   * The manifests that have a subject, from the referrers API or, where there is none, the tag that stands in for it.
   * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
   */
  referrers(subject: Digest, options: ReferrersOptions = {}): AsyncGenerator<Descriptor, void, undefined> {
    const get = (url: string | URL) => this.#send(url, { method: 'GET', expect: [200, 404], signal: options.signal })
    return referrersOf(subject, { get, fallback: (tag) => this.#findIndex(tag, options) }, options)
  }

  async #findIndex(tag: string, { signal }: CallOptions): Promise<readonly Descriptor[]> {
    if ((await this.headManifest(tag, { signal })) === undefined) return []
    const { bytes, descriptor } = await this.getManifest(tag, { signal })
    const manifest = parseManifest(bytes, descriptor)
    return isIndex(manifest) ? manifest.manifests : []
  }

  async #delete(path: string, { signal }: CallOptions): Promise<boolean> {
    const answer = await this.#send(path, { method: 'DELETE', expect: [200, 202, 204, 404], signal, actions: 'pull,push,delete' })
    await answer.body.dump()
    return answer.status !== 404
  }

  #send(path: string | URL, { actions = 'pull', ...request }: RepositoryRequest): Promise<HttpResponse> {
    const url = typeof path === 'string' ? `/v2/${this.repository}/${path}` : path
    return this.#transport.send({ ...request, registry: this.registry, url, scopes: [`repository:${this.repository}:${actions}`] })
  }
}

/** Whether a descriptor is of a manifest or an index, which have endpoints of their own. */
export function isManifest({ mediaType }: Pick<Descriptor, 'mediaType'>): boolean {
  return isIndexMediaType(mediaType) || isManifestMediaType(mediaType)
}

function readTags(value: unknown): readonly string[] | undefined {
  if (typeof value !== 'object' || value === null || !('tags' in value)) return undefined
  if (value.tags === null) return []
  return Array.isArray(value.tags) && value.tags.every((tag): tag is string => typeof tag === 'string' && isTag(tag))
    ? value.tags
    : undefined
}

/** What the headers say, if they say all, and speak of a manifest. */
function described(ref: string, response: HttpResponse): Descriptor | undefined {
  const digest = isDigest(ref) ? ref : headerOf(response, 'docker-content-digest')
  const mediaType = mediaTypeOf(response)
  const length = headerOf(response, 'content-length')
  if (digest === undefined || !isDigest(digest) || mediaType === undefined || length === undefined) return undefined
  const descriptor = { mediaType, digest, size: Number(length) }
  return isManifest(descriptor) ? descriptor : undefined
}

/** Without parameters; `undefined` for a type that says nothing about manifests. */
function mediaTypeOf(response: HttpResponse): string | undefined {
  const mediaType = headerOf(response, 'content-type')?.split(';')[0]?.trim()
  return mediaType === '' || mediaType === 'application/json' || mediaType === 'text/plain' ? undefined : mediaType
}
