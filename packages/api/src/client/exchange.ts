import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { hasErrno } from '@ct/errors'
import { ApiError } from '../errors.ts'
import type { Address } from './address.ts'

/** Spares node:http from compiling its expression for IPv6 addresses (2 ms of every start) to name a TLS server that there is not. */
const NO_SERVER_NAME = { servername: '' }

/** One HTTP request, ready to send. */
export interface Exchange {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers?: OutgoingHttpHeaders | undefined
  readonly body?: string | AsyncIterable<Uint8Array> | undefined
  readonly signal?: AbortSignal | undefined
}

/** What comes back: an answer, or with a protocol switch the connection itself. */
export interface Reply {
  readonly answer: IncomingMessage
  readonly socket?: Duplex
}

/** Sends requests to one daemon over connections that are kept for the next request. */
export class Connection {
  readonly #address: Address
  readonly #name: string
  readonly #agent = new Agent({ keepAlive: true })

  constructor(address: Address) {
    this.#address = address
    this.#name = 'socketPath' in address ? `unix://${address.socketPath}` : `tcp://${address.host}:${address.port}`
  }

  /**
   * Resolves with the headers of the answer. A kept connection that the daemon has closed in the meantime is replaced
   * once. `API_UNREACHABLE` when nobody listens, `API_CONNECTION_LOST` when the connection breaks.
   */
  async send(exchange: Exchange): Promise<Reply> {
    exchange.signal?.throwIfAborted()
    const first = await this.#attempt(exchange)
    if ('answer' in first) return first
    if (!first.stale || typeof exchange.body === 'object') throw first.error
    const second = await this.#attempt(exchange)
    if ('answer' in second) return second
    throw second.error
  }

  /** Closes the connections that wait for a next request. */
  close(): void {
    this.#agent.destroy()
  }

  #attempt(exchange: Exchange): Promise<Reply | { readonly error: unknown; readonly stale: boolean }> {
    const { method, target, headers, signal } = exchange
    return new Promise((resolve) => {
      const request = httpRequest({
        ...this.#address,
        ...NO_SERVER_NAME,
        agent: this.#agent,
        method,
        path: target,
        headers: { host: 'docker', ...headers },
        ...(signal === undefined ? {} : { signal }),
      })
      request.once('response', (answer) => resolve({ answer }))
      request.once('upgrade', (answer, socket, head) => {
        if (head.length > 0) socket.unshift(head)
        resolve({ answer, socket })
      })
      request.on('error', (cause) =>
        resolve({ error: this.#explain(cause, signal), stale: request.reusedSocket && hasErrno(cause, 'ECONNRESET', 'EPIPE') }),
      )
      writeBody(request, exchange.body)
    })
  }

  #explain(cause: Error, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return signal.reason
    if (hasErrno(cause, 'ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTSOCK', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT')) {
      return new ApiError('API_UNREACHABLE', `cannot connect to the daemon at ${this.#name}: ${cause.message}`, {
        kind: 'unavailable',
        hint: cause.code === 'EACCES' ? 'ask for permission to use the socket' : 'is the daemon running?',
        cause,
      })
    }
    return new ApiError('API_CONNECTION_LOST', `the connection to the daemon at ${this.#name} broke: ${cause.message}`, {
      kind: 'unavailable',
      cause,
    })
  }
}

function writeBody(request: ClientRequest, body: Exchange['body']): void {
  if (body === undefined || typeof body === 'string') {
    request.end(body)
    return
  }
  // An early answer of the daemon ends the upload; what failed in the source reaches the caller as the request's error.
  pipeline(body, request).catch((cause: unknown) => request.destroy(cause instanceof Error ? cause : new Error(String(cause))))
}
