import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Engine } from '@ct/engine'
import { isCtError } from '@ct/errors'
import type { Endpoint } from '../endpoint.ts'
import { ApiError } from '../errors.ts'
import { statusOfKind } from '../kind-status.ts'
import { readJsonBody } from './body.ts'
import { failureOf } from './failure-of.ts'
import type { ByteAnswer, Call, StreamAnswer } from './handler.ts'
import { connect, hijackHead, takeConnection } from './hijack.ts'
import { decodeQuery } from './query.ts'
import { refusePages } from './refuse-pages.ts'
import type { Match, Router } from './router.ts'
import { COMMON_HEADERS, writeChunks, writeError, writeJson } from './write-answer.ts'

/** What answers requests. */
export interface Dispatch {
  readonly engine: Engine
  readonly router: Router
  /** What is under way; the server aborts it when it closes. */
  readonly underway: Set<AbortController>
  readonly onLog: (line: string) => void
}

/** Answers one request; never rejects, whatever a handler does. */
export async function dispatch(context: Dispatch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const controller = new AbortController()
  const { signal } = controller
  context.underway.add(controller)
  response.once('close', () => controller.abort(new ApiError('API_CONNECTION_LOST', 'the client has gone', { kind: 'unavailable' })))
  for (const [name, value] of Object.entries(COMMON_HEADERS)) response.setHeader(name, value)
  const report = (error: unknown): void => {
    if (isSurprise(error) && !signal.aborted) context.onLog(`${request.method} ${request.url}: ${failureOf(error).message}`)
  }
  try {
    await answer(context, { request, response, signal, report })
  } catch (error) {
    report(error)
    writeError(response, error)
    // What is left of the body would otherwise hold up the next request on this connection.
    request.resume()
  } finally {
    context.underway.delete(controller)
  }
}

function isSurprise(error: unknown): boolean {
  return !isCtError(error) || statusOfKind(error.kind) === 500
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly signal: AbortSignal
  /** Logs what is not the client's doing. */
  readonly report: (error: unknown) => void
}

async function answer(context: Dispatch, exchange: Exchange): Promise<void> {
  const { request, response, signal } = exchange
  refusePages(request)
  const { path, query } = splitTarget(request.url)
  const match = context.router(request.method ?? 'GET', path)
  const { endpoint } = match.route
  const call: Call<Endpoint> = {
    engine: context.engine,
    params: match.params,
    query: decodeQuery(endpoint, query),
    json: endpoint.body === 'json' ? await readJsonBody(request) : undefined,
    bytes: request,
    version: match.version,
    headers: request.headers,
    signal,
    answerHeaders: {},
    open: () => response.writeHead(endpoint.status ?? 200, { 'Content-Type': 'application/json' }).flushHeaders(),
  }
  if (endpoint.answer === 'hijack') return hijack(match, call, exchange)
  const result = await match.route.handle(call)
  for (const [name, value] of Object.entries(call.answerHeaders)) response.setHeader(name, value)
  await write(endpoint, result, exchange)
}

/** Path and query as they were sent; a client behind a proxy may name the host before them. */
function splitTarget(target = '/'): { readonly path: string; readonly query: URLSearchParams } {
  const [, path = '/', query = ''] = /^(?:https?:\/\/[^/?]*)?([^?]*)\??(.*)$/is.exec(target) ?? []
  return { path: path === '' ? '/' : path, query: new URLSearchParams(query) }
}

async function write(endpoint: Endpoint, result: unknown, exchange: Exchange): Promise<void> {
  const { response, signal } = exchange
  if (endpoint.answer === 'json') return writeJson(response, endpoint.status ?? 200, result)
  if (endpoint.answer === 'messages') {
    response.writeHead(endpoint.status ?? 200, { 'Content-Type': 'application/json' })
    return writeChunks(response, lines(result as AsyncIterable<unknown>, exchange), signal)
  }
  if (endpoint.answer === 'bytes') {
    const { contentType, body } = result as ByteAnswer
    response.writeHead(endpoint.status ?? 200, { 'Content-Type': contentType })
    return writeChunks(response, body, signal)
  }
  const status = endpoint.status ?? 204
  response.writeHead(status, status === 204 ? {} : { 'Content-Length': 0 }).end()
}

/** One message a line; a failure in their midst becomes the last message, as the status has long been sent. */
async function* lines(messages: AsyncIterable<unknown>, { signal, report }: Exchange): AsyncGenerator<string, void, undefined> {
  try {
    for await (const message of messages) yield `${JSON.stringify(message)}\r\n`
  } catch (error) {
    signal.throwIfAborted()
    report(error)
    const failure = failureOf(error)
    yield `${JSON.stringify({ errorDetail: failure, error: failure.message })}\r\n`
  }
}

async function hijack(match: Match, call: Call<Endpoint>, { request, response, signal }: Exchange): Promise<void> {
  const connection = takeConnection(request)
  let result: StreamAnswer | undefined
  try {
    result = (await match.route.handle(call)) as StreamAnswer | undefined
  } finally {
    // Whatever is answered instead is the last thing that the connection carries.
    if (result === undefined) response.shouldKeepAlive = false
  }
  if (result === undefined) {
    response.writeHead(200, { 'Content-Length': 0 }).end()
    return
  }
  connection.socket.write(hijackHead(request, result.tty, call.version))
  await connect(connection, result, signal)
}
