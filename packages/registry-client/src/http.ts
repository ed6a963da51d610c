import type { IncomingHttpHeaders } from 'node:http'
import { Agent, type Dispatcher } from 'undici'
import { RegistryError } from './errors.ts'
import { asNetworkError, protocolError } from './network-error.ts'
import type { TimeoutOptions } from './options.ts'
import { responseError } from './response-error.ts'

/** One HTTP request, without logins, redirects or repetition. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  readonly signal?: AbortSignal | undefined
}

/** An answer; its body must be read or dumped. */
export interface HttpResponse {
  readonly method: HttpRequest['method']
  readonly url: URL
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Dispatcher.ResponseData['body']
}

const maxErrorBytes = 64 * 1024

/** Sends single requests over kept connections. */
export class Http implements AsyncDisposable {
  readonly #agent: Agent
  readonly #userAgent: string

  constructor(userAgent: string, { connectMs = 10_000, headersMs = 60_000, idleMs = 60_000 }: TimeoutOptions = {}) {
    this.#agent = new Agent({ connect: { timeout: connectMs }, headersTimeout: headersMs, bodyTimeout: idleMs, connections: 32 })
    this.#userAgent = userAgent
  }

  async send(url: URL, { method, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    signal?.throwIfAborted()
    try {
      const response = await this.#agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: { 'user-agent': this.#userAgent, ...headers },
        // undici takes any iterable of bytes; its types know only streams.
        body: (body ?? null) as Uint8Array | null,
        signal: signal ?? null,
      })
      return { method, url, status: response.statusCode, headers: response.headers, body: response.body }
    } catch (error) {
      signal?.throwIfAborted()
      throw asNetworkError(error, url)
    }
  }

  /** Waits for requests under way, then closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.close()
  }
}

/** The pieces of an answer's body; a broken connection is a `REGISTRY_UNREACHABLE`. */
export async function* bodyOf({ body, url }: HttpResponse): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) yield chunk
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
