import type { Dispatcher } from 'undici'
import Agent from 'undici/lib/dispatcher/agent.js'
import { RegistryError } from './errors.ts'
import { type Answer, exchange } from './exchange.ts'
import { asNetworkError, protocolError } from './network-error.ts'
import type { TimeoutOptions } from './options.ts'
import { type ProxyOptions, proxySettings } from './proxy.ts'
import { readingConnector } from './reading-socket.ts'
import { responseError } from './response-error.ts'
import type { TlsOptions, TlsProvider } from './tls.ts'

/** One HTTP request, without logins, redirects or repetition. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  readonly signal?: AbortSignal | undefined
}

/** An answer, and what it answers; its body must be read or dumped. */
export interface HttpResponse extends Answer {
  readonly method: HttpRequest['method']
  readonly url: URL
}

const maxErrorBytes = 64 * 1024

/** Options of {@link Http}. */
export interface HttpOptions {
  readonly userAgent: string
  readonly timeouts: TimeoutOptions | undefined
  readonly tls: TlsProvider | undefined
  readonly proxy: ProxyOptions | undefined
  readonly connectionsPerHost: number
}

/** Sends single requests over kept connections. */
export class Http implements AsyncDisposable {
  readonly #options: HttpOptions
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>()

  constructor(options: HttpOptions) {
    this.#options = options
  }

  async send(url: URL, { method, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    signal?.throwIfAborted()
    try {
      const dispatcher = await this.#dispatcher(url.host)
      const answer = await exchange(
        dispatcher,
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method,
          headers: { 'user-agent': this.#options.userAgent, ...headers },
          // undici takes any iterable of bytes; its types know only streams.
          body: (body ?? null) as Uint8Array | null,
          // undici would close the connection after each HEAD, in case a server sends a body.
          reset: false,
        },
        signal,
      )
      return { method, url, ...answer }
    } catch (error) {
      signal?.throwIfAborted()
      throw asNetworkError(error, url)
    }
  }

  /** Waits for requests under way, then closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    const dispatchers = [...this.#dispatchers.values()]
    this.#dispatchers.clear()
    await Promise.all(dispatchers.map((making) => making.then((dispatcher) => dispatcher.close(), ignoreUnmade)))
  }

  /** Hosts differ in certificates; those without any share one. */
  async #dispatcher(host: string): Promise<Dispatcher> {
    const tls = await this.#options.tls?.(host)
    const key = tls === undefined ? '' : host
    const making = this.#dispatchers.get(key) ?? this.#make(tls)
    this.#dispatchers.set(key, making)
    return making
  }

  async #make(tls: TlsOptions | undefined): Promise<Dispatcher> {
    const { timeouts, proxy, connectionsPerHost: connections } = this.#options
    const { connectMs = 10_000, headersMs = 60_000, idleMs = 60_000 } = timeouts ?? {}
    const secrets = tls === undefined ? {} : secretsOf(tls)
    const connect = { timeout: connectMs, ...secrets }
    const options = { headersTimeout: headersMs, bodyTimeout: idleMs, connections }
    if (proxy === undefined) return new Agent({ ...options, connect: readingConnector(connect) })
    const { default: EnvHttpProxyAgent } = await import('undici/lib/dispatcher/env-http-proxy-agent.js')
    return new EnvHttpProxyAgent({ ...options, connect, requestTls: connect, proxyTunnel: false, ...proxySettings(proxy) })
  }
}

function secretsOf({ authorities, certificate, key }: TlsOptions): { ca?: Buffer[]; cert?: Buffer; key?: Buffer } {
  return {
    ...(authorities !== undefined && { ca: authorities.map((bytes) => Buffer.from(bytes)) }),
    ...(certificate !== undefined && { cert: Buffer.from(certificate) }),
    ...(key !== undefined && { key: Buffer.from(key) }),
  }
}

/** Whoever asked for it has the error. */
function ignoreUnmade(): undefined {
  return undefined
}

/** The pieces of an answer's body; a broken connection is a `REGISTRY_UNREACHABLE`. */
export async function* bodyOf(
  { body, url }: HttpResponse,
  options?: { readonly transient?: boolean | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body.chunks(options)
  } catch (error) {
    throw asNetworkError(error, url)
  }
}

/** Reads a body whole, up to a limit. */
export async function readBounded(response: HttpResponse, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bodyOf(response)) {
    size += chunk.byteLength
    if (size > maxBytes) throw protocolError(response.url, `its answer is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** One header's value; the first, when it was sent several times. */
export function headerOf({ headers }: Pick<HttpResponse, 'headers'>, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** The error for an answer that is none of those hoped for; reads what the registry has to say about it. */
export async function failureOf(response: HttpResponse): Promise<RegistryError> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of bodyOf(response)) {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size > maxErrorBytes) break
    }
  } catch (error) {
    // A refusal is a refusal, whether or not its explanation arrives whole.
    if (!(error instanceof RegistryError)) throw error
  }
  return responseError({ ...response, body: Buffer.concat(chunks) })
}
