import type { Endpoint } from '../endpoint.ts'
import { badRequest } from '../errors.ts'
import { parseDetachKeys } from '../server/detach-keys.ts'
import type { Handler } from '../server/handler.ts'

/** Starts a container; 304 when it runs. */
export const containerStart = {
  method: 'POST',
  path: '/containers/{id}/start',
  summary: 'Starts a container; 304 when it runs.',
  query: { detachKeys: 'string' },
  answer: 'none',
} as const satisfies Endpoint

export const containerStartHandler: Handler<typeof containerStart> = async ({ engine, params, query, headers }) => {
  if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES || headers['transfer-encoding'] !== undefined) {
    throw badRequest('starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24')
  }
  parseDetachKeys(query.detachKeys ?? '')
  await engine.containers.start(params.id)
}

/** Old clients send `{}` or `null`. */
const MAX_BODY_BYTES = 7
