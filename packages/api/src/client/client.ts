import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { API_VERSION, compareVersions } from '../api-version.ts'
import type { AnswerOf, BodyOf, Endpoint, PathParameters, QueryOf } from '../endpoint.ts'
import { ApiError } from '../errors.ts'
import { parseAddress } from './address.ts'
import { readBytes, readJson, refusal } from './answer.ts'
import { Connection, type Reply } from './exchange.ts'
import { readMessages } from './messages.ts'
import { requestTarget } from './target.ts'

/** Where the daemon is. */
export interface ClientOptions {
  /** `unix:///path/of/socket` or `tcp://host:port`. */
  readonly host: string
  /** Version of the API to speak. @default the newest that both sides know, asked for when it is first needed */
  readonly version?: string | undefined
}

/** Status and headers of an answer whose body is still to come. */
export interface AnswerHead {
  readonly status: number
  readonly headers: IncomingHttpHeaders
}

/** What a call to an endpoint may, or must, bring along. */
export type CallOptions<E extends Endpoint> = {
  readonly query?: QueryOf<E> | undefined
  readonly headers?: OutgoingHttpHeaders | undefined
  /** Ends the request; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Hears that the daemon took the request; a `wait` is registered then, events are being listened for. */
  readonly onOpen?: ((head: AnswerHead) => void) | undefined
} & (keyof PathParameters<E['path']> extends never ? unknown : { readonly params: PathParameters<E['path']> }) &
  (BodyOf<E> extends undefined ? unknown : { readonly body: BodyOf<E> })

type Arguments<E extends Endpoint> = Record<never, never> extends CallOptions<E> ? [options?: CallOptions<E>] : [options: CallOptions<E>]
type Answering<Answer extends Endpoint['answer']> = Endpoint & { readonly answer: Answer }

/**
 * A daemon, called by endpoint. Every call rejects with `API_UNREACHABLE`, `API_CONNECTION_LOST`, `API_BAD_ANSWER`, or
 * with the daemon's refusal, `API_REFUSED`, which carries its words and status. 304 is success.
 */
export interface Client {
  /** One request and its value. An endpoint that hijacks is called without taking over the connection (a detached exec). */
  call<E extends Answering<'json' | 'none' | 'hijack'>>(endpoint: E, ...options: Arguments<E>): Promise<AnswerOf<E>>
  /** JSON messages as they come; the request is sent at the first step. A failure among them is thrown as `API_FAILED_MIDWAY`. */
  stream<E extends Answering<'messages'>>(endpoint: E, ...options: Arguments<E>): AsyncIterable<AnswerOf<E>>
  /** Bytes as they come: an archive, or logs; the request is sent at the first step. */
  download<E extends Answering<'bytes'>>(endpoint: E, ...options: Arguments<E>): AsyncIterable<Uint8Array>
  /** Takes over the connection: the streams of a container or exec. Ending the writable side is end of file there. */
  hijack<E extends Answering<'hijack'>>(endpoint: E, ...options: Arguments<E>): Promise<Duplex>
  /** The version of the API that is spoken with this daemon. */
  apiVersion(options?: { readonly signal?: AbortSignal | undefined }): Promise<string>
  /** Closes idle connections. They do not keep a process alive, so this is for long-lived ones. */
  close(): void
}

/** Makes a client; nothing is sent before the first call. `API_BAD_ADDRESS`. */
export function createClient(options: ClientOptions): Client {
  return new HttpClient(options)
}

interface LooseOptions {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly headers?: OutgoingHttpHeaders
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly onOpen?: (head: AnswerHead) => void
}

class HttpClient implements Client {
  readonly #connection: Connection
  #version: string | undefined

  constructor({ host, version }: ClientOptions) {
    this.#connection = new Connection(parseAddress(host))
    this.#version = version
  }

  async call<E extends Answering<'json' | 'none' | 'hijack'>>(endpoint: E, ...[options]: Arguments<E>): Promise<AnswerOf<E>> {
    const { answer } = await this.#send(endpoint, options)
    if (endpoint.answer === 'json') return (await readJson(answer, options?.signal)) as AnswerOf<E>
    answer.resume()
    return undefined as AnswerOf<E>
  }

  async *stream<E extends Answering<'messages'>>(endpoint: E, ...[options]: Arguments<E>): AsyncGenerator<AnswerOf<E>, void, undefined> {
    const { answer } = await this.#send(endpoint, options)
    yield* readMessages(readBytes(answer, options?.signal)) as AsyncGenerator<AnswerOf<E>>
  }

  async *download<E extends Answering<'bytes'>>(endpoint: E, ...[options]: Arguments<E>): AsyncGenerator<Uint8Array, void, undefined> {
    const { answer } = await this.#send(endpoint, options)
    yield* readBytes(answer, options?.signal)
  }

  async hijack<E extends Answering<'hijack'>>(endpoint: E, ...[options]: Arguments<E>): Promise<Duplex> {
    const upgrade = { ...options, headers: { connection: 'Upgrade', upgrade: 'tcp', ...options?.headers } }
    const { answer, socket } = await this.#send(endpoint, upgrade)
    if (socket !== undefined) return socket
    answer.destroy()
    throw new ApiError('API_BAD_ANSWER', `the daemon did not hand over the connection of ${endpoint.method} ${endpoint.path}`, {
      kind: 'unsupported',
      status: answer.statusCode,
    })
  }

  async apiVersion({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<string> {
    if (this.#version === undefined) {
      const { answer } = await this.#connection.send({ method: 'HEAD', target: '/_ping', signal })
      answer.resume()
      this.#version = negotiate(answer)
    }
    return this.#version
  }

  close(): void {
    this.#connection.close()
  }

  async #send(endpoint: Endpoint, options: LooseOptions = {}): Promise<Reply> {
    const { params, query, headers, body, signal, onOpen } = options
    const target = requestTarget(endpoint, params, query)
    const version = endpoint.versionless === true ? this.#version : await this.apiVersion({ signal })
    const json = endpoint.body !== 'bytes' && body !== undefined
    const reply = await this.#connection.send({
      method: endpoint.method,
      target: version === undefined ? target : `/v${version}${target}`,
      headers: { ...bodyHeaders(endpoint, json), ...headers },
      body: json ? JSON.stringify(body) : (body as AsyncIterable<Uint8Array> | undefined),
      signal,
    })
    const { statusCode: status = 0, headers: answered } = reply.answer
    if (status >= 400) throw await refusal(reply.answer, signal)
    this.#version ??= negotiate(reply.answer)
    onOpen?.({ status, headers: answered })
    return reply
  }
}

function bodyHeaders(endpoint: Endpoint, json: boolean): OutgoingHttpHeaders {
  if (json) return { 'content-type': 'application/json' }
  return endpoint.body === 'bytes' ? { 'content-type': 'application/x-tar' } : {}
}

/** The newer of the versions that both sides know; a daemon tells its newest in a header of every answer. */
function negotiate({ headers }: IncomingMessage): string {
  const theirs = headers['api-version']
  if (typeof theirs !== 'string') return API_VERSION
  return compareVersions(theirs, API_VERSION) < 0 ? theirs : API_VERSION
}
