import { Authorizer } from './auth/authorizer.ts'
import { parseChallenge } from './auth/challenge.ts'
import type { FetchToken } from './auth/token.ts'
import { RegistryError } from './errors.ts'
import { failureOf, Http, type HttpRequest, type HttpResponse, headerOf, readBounded } from './http.ts'
import { protocolError } from './network-error.ts'
import { Notices } from './notices.ts'
import { baseUrl, isLoopback, isSafeStep, type RegistryClientOptions, type RetryOptions } from './options.ts'
import { Again, isPassing, parseRetryAfter, retrying } from './retry.ts'

/** A request to a registry. A body that is a stream is sent once only, so such a request is not repeated. */
export interface RegistryRequest extends HttpRequest {
  readonly registry: string
  /** Absolute, or a path below the registry. */
  readonly url: string | URL
  /** What a token must be good for, such as `repository:team/app:pull`. */
  readonly scopes: readonly string[]
  /** Statuses that are returned rather than thrown. */
  readonly expect: readonly number[]
  /** Not to be repeated, even if the body could be: it may have arrived. @default false */
  readonly isOnce?: boolean | undefined
  /** A mirror may answer instead. @default false */
  readonly isMirrored?: boolean | undefined
}

const maxRedirects = 5
const maxTokenBytes = 1024 * 1024
const redirects = [301, 302, 303, 307, 308]

/** Sends requests to registries: with logins, redirects and repetition. */
export class Transport implements AsyncDisposable {
  readonly retry: RetryOptions
  readonly #http: Http
  readonly #authorizer: Authorizer
  readonly #isInsecure: (host: string) => boolean
  readonly #mirrors: (registry: string) => readonly string[]
  readonly #notices: Notices

  constructor(options: RegistryClientOptions) {
    const { credentials = async () => undefined, insecure = isLoopback, mirrors = () => [], retry = {} } = options
    const { userAgent = 'ct', timeouts, tls, proxy, connectionsPerHost = 32 } = options
    this.retry = retry
    this.#http = new Http({ userAgent, timeouts, tls, proxy, connectionsPerHost })
    this.#notices = new Notices(options)
    this.#isInsecure = insecure
    this.#mirrors = mirrors
    this.#authorizer = new Authorizer(credentials, (request) => this.#fetchToken(request))
  }

  /** The address of something below a registry. */
  url(registry: string, path: string | URL): URL {
    return new URL(path, baseUrl(registry, this.#isInsecure))
  }

  /** Sends a request until the answer is one of those expected; throws when it is another that will not change. */
  async send(request: RegistryRequest): Promise<HttpResponse> {
    const mirrored = request.isMirrored === true ? await this.#askMirrors(request) : undefined
    return mirrored ?? this.#sendTo(request, this.retry)
  }

  /** A mirror gets one attempt: the registry itself is the next. */
  async #askMirrors(request: RegistryRequest): Promise<HttpResponse | undefined> {
    const expect = request.expect.filter((status) => status < 300)
    for (const registry of this.#mirrors(request.registry)) {
      try {
        return await this.#sendTo({ ...request, registry, expect }, { ...this.retry, attempts: 1 })
      } catch (error) {
        request.signal?.throwIfAborted()
        if (!(error instanceof RegistryError)) throw error
      }
    }
    return undefined
  }

  async #sendTo(request: RegistryRequest, retry: RetryOptions): Promise<HttpResponse> {
    const attempt = async () => {
      const response = await this.#authorized(request)
      this.#notices.read(request.registry, response.headers)
      if (request.expect.includes(response.status)) return response
      throw new Refusal(await failureOf(response), parseRetryAfter(headerOf(response, 'retry-after')))
    }
    const isRepeatable = !hasStream(request) && request.isOnce !== true
    return retrying(() => attempt().catch((error: unknown) => again(error, isRepeatable)), { retry, signal: request.signal })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]()
  }

  /** When the registry asks who we are, sends the request once more with the answer. */
  async #authorized(request: RegistryRequest): Promise<HttpResponse> {
    const { registry, scopes, signal } = request
    const response = await this.#redirected(request, await this.#authorizer.header(registry, scopes, signal))
    if (response.status !== 401 || response.url.origin !== this.url(registry, '/').origin || hasStream(request)) return response
    const challenge = parseChallenge(headerOf(response, 'www-authenticate'))
    if (challenge === undefined) return response
    await response.body.dump()
    this.#authorizer.challenged(registry, challenge)
    return this.#redirected(request, await this.#authorizer.header(registry, scopes, signal))
  }

  /** The login goes to the registry itself and nowhere else. */
  async #redirected(request: RegistryRequest, authorization: string | undefined): Promise<HttpResponse> {
    const home = this.url(request.registry, '/')
    let url = this.#allowed(request.url, home)
    for (let hops = 0; ; hops++) {
      const headers = { ...request.headers, ...(authorization !== undefined && url.origin === home.origin && { authorization }) }
      const response = await this.#http.send(url, { ...request, headers })
      const location = headerOf(response, 'location')
      if (!redirects.includes(response.status) || location === undefined) return response
      await response.body.dump()
      if (hops === maxRedirects) throw protocolError(url, 'it redirects too often')
      if (hasStream(request)) throw protocolError(url, 'it redirects in the middle of an upload')
      url = this.#allowed(location, url)
    }
  }

  #allowed(location: string | URL, from: URL): URL {
    const url = URL.canParse(`${location}`, from.href) ? new URL(location, from) : undefined
    if (url !== undefined && isSafeStep(from, url, this.#isInsecure)) return url
    throw protocolError(from, 'it leads to an address that is not HTTPS')
  }

  #fetchToken: FetchToken = async ({ registry, url, ...request }) => {
    if (!isSafeStep(this.url(registry, '/'), url, this.#isInsecure)) throw protocolError(url, 'its token service is not HTTPS')
    const body = request.body === undefined ? undefined : Buffer.from(request.body)
    const attempt = async () => {
      const response = await this.#http.send(url, { ...request, body })
      if (response.status === 200) return (await readBounded(response, maxTokenBytes)).toString('utf8')
      throw new Refusal(asLoginError(await failureOf(response)), parseRetryAfter(headerOf(response, 'retry-after')))
    }
    return retrying(() => attempt().catch((error: unknown) => again(error, true)), { retry: this.retry, signal: request.signal })
  }
}

/** An answer that was not hoped for, with what it says about later. */
class Refusal {
  readonly error: RegistryError
  readonly retryAfterMs: number | undefined

  constructor(error: RegistryError, retryAfterMs: number | undefined) {
    this.error = error
    this.retryAfterMs = retryAfterMs
  }
}

function again(thrown: unknown, isRepeatable: boolean): Again {
  const { error, retryAfterMs } = thrown instanceof Refusal ? thrown : { error: thrown, retryAfterMs: undefined }
  if (isRepeatable && isPassing(error)) return new Again(error, retryAfterMs)
  throw error
}

function asLoginError(error: RegistryError): RegistryError {
  if (isPassing(error) || error.code === 'REGISTRY_NOT_FOUND') return error
  return new RegistryError('REGISTRY_UNAUTHORIZED', error.message, {
    kind: 'unauthorized',
    hint: 'check the user name and the password, and log in again',
  })
}

function hasStream({ body }: HttpRequest): boolean {
  return body !== undefined && !(body instanceof Uint8Array)
}
