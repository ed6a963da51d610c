import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { isCtError } from '@ct/errors'
import { API_VERSION } from '../api-version.ts'
import { statusOfKind } from '../kind-status.ts'
import { failureOf } from './failure-of.ts'

/** Headers of every answer. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'Api-Version': API_VERSION,
  'Docker-Experimental': 'false',
  Ostype: 'linux',
  Server: `Docker/ct (linux)`,
}

/** Answers with one JSON value, as docker does with a line end. */
export function writeJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`)
  if (response.headersSent) {
    response.end(body)
    return
  }
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body)
}

/** Answers with the status and the words of what went wrong. Too late for that, the connection is broken off. */
export function writeError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const status = isCtError(error) ? statusOfKind(error.kind) : 500
  if (status === 304) response.writeHead(304).end()
  else writeJson(response, status, failureOf(error))
}

/** Writes chunks as they come, waiting for a slow client; leaves when it has gone. */
export async function writeChunks(
  response: ServerResponse,
  chunks: AsyncIterable<string | Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  response.flushHeaders()
  for await (const chunk of chunks) {
    if (signal.aborted) break
    gather(response)
    if (!response.write(chunk)) await once(response, 'drain', { signal })
  }
  response.end()
}

/** Joins the writes of one turn of the event loop into one system call. */
function gather(response: ServerResponse): void {
  if (response.writableCorked > 0) return
  response.cork()
  setImmediate(() => response.uncork())
}
