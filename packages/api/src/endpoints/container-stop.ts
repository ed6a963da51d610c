import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'

/** Stops a container and waits for its end; 304 when it does not run. */
export const containerStop = {
  method: 'POST',
  path: '/containers/{id}/stop',
  summary: 'Stops a container and waits for its end; 304 when it does not run.',
  query: { t: 'integer', signal: 'string' },
  answer: 'none',
} as const satisfies Endpoint

export const containerStopHandler: Handler<typeof containerStop> = async ({ engine, params, query }) => {
  await engine.containers.stop(params.id, { timeoutSeconds: query.t, signal: query.signal || undefined })
}
