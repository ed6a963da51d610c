import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Engine } from '@ct/engine'
import type { AnswerOf, Endpoint, PathParameters, QueryOf } from '../endpoint.ts'

/** One request, taken apart as its endpoint declares. */
export interface Call<E extends Endpoint> {
  readonly engine: Engine
  readonly params: PathParameters<E['path']>
  readonly query: QueryOf<E>
  /** Of an endpoint with a JSON body: the value, unchecked; `undefined` when there was none. */
  readonly json: unknown
  /** The body as it comes. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Version of the API that the client speaks. */
  readonly version: string
  readonly headers: IncomingHttpHeaders
  /** Aborts when the client has gone or the server closes. */
  readonly signal: AbortSignal
  /** Headers to answer with, beside the usual ones. */
  readonly answerHeaders: Record<string, string>
  /** Sends the headers now, so that the client knows that its request was taken. */
  open(): void
}

/** Bytes to answer with. */
export interface ByteAnswer {
  readonly contentType: string
  readonly body: AsyncIterable<Uint8Array>
}

/** A stream to connect the client's connection with; `undefined` for a detached exec. */
export interface StreamAnswer {
  readonly stream: Duplex
  /** Raw, or in frames of docker's multiplexed stream. */
  readonly tty: boolean
  /** The keys that leave a terminal, as bytes. */
  readonly detachKeys: Uint8Array
}

type Result<E extends Endpoint> = E['answer'] extends 'bytes'
  ? ByteAnswer
  : E['answer'] extends 'hijack'
    ? StreamAnswer | undefined
    : E['answer'] extends 'messages'
      ? AsyncIterable<AnswerOf<E>>
      : AnswerOf<E>

/** Does what an endpoint is for. What it throws becomes the status and message of the answer. */
export type Handler<E extends Endpoint> = E['answer'] extends 'none'
  ? (call: Call<E>) => Promise<void>
  : (call: Call<E>) => Result<E> | Promise<Result<E>>

/** An endpoint with its handler. */
export interface Route {
  readonly endpoint: Endpoint
  readonly handle: (call: Call<Endpoint>) => unknown
}

/** Joins an endpoint and its handler. */
export function route<E extends Endpoint>(endpoint: E, handle: Handler<E>): Route {
  return { endpoint, handle: handle as Route['handle'] }
}
