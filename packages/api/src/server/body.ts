import type { IncomingMessage } from 'node:http'
import { badRequest } from '../errors.ts'

/** The largest JSON body that is read, in bytes. */
export const JSON_BODY_LIMIT = 8 << 20

/** Reads a JSON body; `undefined` when there is none. `API_BAD_REQUEST`, in docker's words, for anything else. */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const { 'content-type': type, 'content-length': length, 'transfer-encoding': encoding } = request.headers
  const empty = encoding === undefined && (length === undefined || length === '0')
  if (type === undefined && empty) return undefined
  if (type?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    throw badRequest(`unsupported Content-Type header (${type ?? ''}): must be 'application/json'`)
  }
  const text = await readText(request)
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badRequest(`invalid JSON: ${cause instanceof Error ? cause.message : text.slice(0, 80)}`, cause)
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving a plain `for await` early would destroy the connection that the refusal is to be written on.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Uint8Array).length
    if (size > JSON_BODY_LIMIT) throw badRequest(`the body is larger than ${JSON_BODY_LIMIT} bytes`)
    chunks.push(chunk as Uint8Array)
  }
  return Buffer.concat(chunks).toString('utf8')
}
