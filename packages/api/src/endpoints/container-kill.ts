import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'

/** Sends a signal to a container. */
export const containerKill = {
  method: 'POST',
  path: '/containers/{id}/kill',
  summary: 'Sends a signal to a container.',
  query: { signal: 'string' },
  answer: 'none',
} as const satisfies Endpoint

export const containerKillHandler: Handler<typeof containerKill> = async ({ engine, params, query }) => {
  await engine.containers.kill(params.id, query.signal || undefined)
}
