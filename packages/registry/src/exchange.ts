import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ImageStore } from '@ct/image'
import type { Uploads } from './uploads.ts'

/** One request on its way through an endpoint. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  readonly store: ImageStore
  readonly uploads: Uploads
  /** The registry name under which the store keeps references. */
  readonly storeName: string
  /** Repository of the request, checked; empty where the endpoint has none. */
  readonly repository: string
  /** What follows it: a tag, a digest or an upload's id. */
  readonly reference: string
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
}

/** Ends a response that has no body. */
export function answerEmpty({ response }: Exchange, status: number, headers: Readonly<Record<string, string | number>>): void {
  response.writeHead(status, status === 204 ? headers : { 'content-length': 0, ...headers }).end()
}

/** Ends a response with JSON. */
export function answerJson({ response }: Exchange, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const body = JSON.stringify(value)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers }).end(body)
}
