import type { IncomingMessage } from 'node:http'
import { ApiError } from '../errors.ts'
import { kindOfStatus } from '../kind-status.ts'
import type { Failure } from '../wire/failure.ts'

const ERROR_BODY_LIMIT = 1 << 20

/** Reads the bytes of an answer as they come; leaving early closes the connection. `API_CONNECTION_LOST` when it breaks. */
export async function* readBytes(answer: IncomingMessage, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of answer) yield chunk as Uint8Array
  } catch (cause) {
    signal?.throwIfAborted()
    throw new ApiError('API_CONNECTION_LOST', 'the daemon closed the connection before the end of its answer', {
      kind: 'unavailable',
      cause,
    })
  }
}

/** Reads one JSON value; `undefined` for an empty body. `API_BAD_ANSWER` for anything else. */
export async function readJson(answer: IncomingMessage, signal?: AbortSignal): Promise<unknown> {
  const text = await readText(answer, { signal })
  return text.trim() === '' ? undefined : parseAnswer(text)
}

/** Parses one JSON value of a daemon. */
export function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ApiError('API_BAD_ANSWER', `the daemon did not answer with JSON: ${text.slice(0, 80)}`, { kind: 'corrupt', cause })
  }
}

/** The error that an answer with a status of 400 or more tells. */
export async function refusal(answer: IncomingMessage, signal?: AbortSignal): Promise<ApiError> {
  const status = answer.statusCode ?? 0
  const text = (await readText(answer, { signal, limit: ERROR_BODY_LIMIT })).trim()
  const kind = kindOfStatus(status)
  const failure = text.startsWith('{') ? readFailure(parseAnswer(text)) : undefined
  if (failure !== undefined) return new ApiError('API_REFUSED', failure.message, { kind, status, ...failure })
  return new ApiError('API_REFUSED', text === '' ? `${status} ${answer.statusMessage ?? ''}`.trim() : text, { kind, status })
}

/** Reads what a daemon says went wrong; `undefined` when it says nothing that can be read. */
export function readFailure(value: unknown): Failure | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { message, ctCode, hint } = value as Readonly<Record<keyof Failure, unknown>>
  if (typeof message !== 'string') return undefined
  return { message, ctCode: typeof ctCode === 'string' ? ctCode : undefined, hint: typeof hint === 'string' ? hint : undefined }
}

interface ReadTextOptions {
  readonly signal?: AbortSignal | undefined
  readonly limit?: number
}

async function readText(answer: IncomingMessage, { signal, limit = Number.POSITIVE_INFINITY }: ReadTextOptions): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of readBytes(answer, signal)) {
    size += chunk.length
    chunks.push(chunk)
    if (size >= limit) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
