import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'

/** Stops a container, if it runs, and starts it. */
export const containerRestart = {
  method: 'POST',
  path: '/containers/{id}/restart',
  summary: 'Stops a container, if it runs, and starts it.',
  query: { t: 'integer', signal: 'string' },
  answer: 'none',
} as const satisfies Endpoint

export const containerRestartHandler: Handler<typeof containerRestart> = async ({ engine, params, query }) => {
  await engine.containers.restart(params.id, { timeoutSeconds: query.t, signal: query.signal || undefined })
}
