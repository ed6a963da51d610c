import { isCtError } from '@ct/errors'
import type { CallOptions, Digest } from '@ct/image'
import { type HttpResponse, headerOf } from './http.ts'
import { protocolError } from './network-error.ts'
import type { RegistryRequest, Transport } from './transport.ts'

/** An upload that has begun, and how far it is. */
export interface UploadState {
  /** Where the next request of it goes; it changes with each. */
  readonly location: URL
  /** Bytes that the registry has. */
  readonly offset: number
  /** The least that a chunk must have, but for the last one. */
  readonly minChunkBytes: number
}

/** A piece of a blob. */
export interface Chunk extends CallOptions {
  readonly body: Uint8Array | AsyncIterable<Uint8Array>
  readonly sizeBytes: number
  /** Where it begins; absent: wherever the upload is. */
  readonly offset?: number | undefined
}

/** Where uploads go. */
export interface UploadPlace {
  readonly transport: Transport
  readonly registry: string
  readonly repository: string
  readonly scopes: readonly string[]
}

const binary = { 'content-type': 'application/octet-stream' }

/**
 * The endpoints that blobs are uploaded by.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs
 */
export class UploadApi {
  readonly #place: UploadPlace

  constructor(place: UploadPlace) {
    this.#place = place
  }

  /** POST: begins an upload. */
  async start({ signal }: CallOptions = {}): Promise<UploadState> {
    const answer = await this.#send({ method: 'POST', url: this.#path, expect: [202], signal })
    return stateOf(answer, 0)
  }

  /** PATCH: appends a chunk. It is sent once: after a failure `tell` says what arrived. */
  async append({ location }: UploadState, { body, sizeBytes, offset, signal }: Chunk): Promise<UploadState> {
    const range = offset !== undefined && { 'content-range': `${offset}-${offset + sizeBytes - 1}` }
    const headers = { ...binary, 'content-length': `${sizeBytes}`, ...range }
    const answer = await this.#send({ method: 'PATCH', url: location, headers, body, isOnce: true, expect: [200, 202, 204], signal })
    return stateOf(answer, (offset ?? 0) + sizeBytes)
  }

  /** GET: how far an upload is. */
  async tell({ location }: UploadState, { signal }: CallOptions = {}): Promise<UploadState> {
    const answer = await this.#send({ method: 'GET', url: location, expect: [200, 202, 204], signal })
    return stateOf(answer, 0, location)
  }

  /** PUT: ends an upload, with the last bytes or all of them; the registry checks the digest. */
  async finish({ location }: UploadState, digest: Digest, last?: Omit<Chunk, 'offset'>): Promise<void> {
    const url = new URL(location)
    url.searchParams.set('digest', digest)
    const { body = new Uint8Array(0), sizeBytes = 0, signal } = last ?? {}
    const headers = { ...binary, 'content-length': `${sizeBytes}` }
    const answer = await this.#send({ method: 'PUT', url, headers, body, expect: [201, 204], signal })
    await answer.body.dump()
  }

  /** DELETE: gives an upload up. A courtesy, whose failure is nobody's: registries forget uploads after a while. */
  async cancel({ location }: UploadState): Promise<void> {
    try {
      const answer = await this.#send({ method: 'DELETE', url: location, expect: anyStatus, signal: AbortSignal.timeout(2_000) })
      await answer.body.dump()
    } catch (error) {
      if (!isCtError(error) && !(error instanceof DOMException)) throw error
    }
  }

  /** POST: takes a blob over from another repository of the registry; where that is refused, gives up the upload that began instead. */
  async mount(digest: Digest, from: string, { signal }: CallOptions = {}): Promise<boolean> {
    const url = `${this.#path}?${new URLSearchParams({ mount: digest, from })}`
    const scopes = [...this.#place.scopes, `repository:${from}:pull`]
    const answer = await this.#send({ method: 'POST', url, scopes, expect: [200, 201, 202, 400, 401, 403, 404, 405], signal })
    if (answer.status === 202 && headerOf(answer, 'location') !== undefined) await this.cancel(await stateOf(answer, 0))
    else await answer.body.dump()
    return answer.status === 201
  }

  get #path(): string {
    return `/v2/${this.#place.repository}/blobs/uploads/`
  }

  #send(request: Omit<RegistryRequest, 'registry' | 'scopes'> & Partial<Pick<RegistryRequest, 'scopes'>>): Promise<HttpResponse> {
    const { transport, registry, scopes } = this.#place
    return transport.send({ registry, scopes, ...request })
  }
}

const anyStatus: readonly number[] = Array.from({ length: 400 }, (_, i) => 200 + i)

/** What an answer says; a registry that does not tell how far it is has what it was sent. */
async function stateOf(answer: HttpResponse, sent: number, known?: URL): Promise<UploadState> {
  await answer.body.dump()
  const place = headerOf(answer, 'location')
  const location = place === undefined ? known : URL.canParse(place, answer.url.href) ? new URL(place, answer.url) : undefined
  if (location === undefined) throw protocolError(answer.url, 'it began an upload without saying where')
  // "0-0" is said of an empty upload as well as of a single byte; to send that byte again is refused, and harmless.
  const end = /^(?:bytes=)?0-(\d{1,15})$/.exec(headerOf(answer, 'range') ?? '')?.[1]
  const offset = end === undefined ? sent : end === '0' && sent !== 1 ? 0 : Number(end) + 1
  const least = Number(headerOf(answer, 'oci-chunk-min-length') ?? 0)
  return { location, offset, minChunkBytes: Number.isSafeInteger(least) && least > 0 ? least : 0 }
}
