import type { Endpoint } from '../endpoint.ts'
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

export const containerStartHandler: Handler<typeof containerStart> = async ({ engine, params, query }) => {
  parseDetachKeys(query.detachKeys ?? '')
  await engine.containers.start(params.id)
}
