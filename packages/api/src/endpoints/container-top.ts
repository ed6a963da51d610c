import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import type { TopResult } from '../wire/container.ts'

/** The processes of a container. */
export const containerTop = {
  method: 'GET',
  path: '/containers/{id}/top',
  summary: 'The processes of a container.',
  query: { ps_args: 'string' },
  answer: 'json' as JsonAnswer<TopResult>,
} as const satisfies Endpoint

export const containerTopHandler: Handler<typeof containerTop> = async ({ engine, params, query }) => {
  const { titles, processes } = await engine.containers.top(params.id, query.ps_args || undefined)
  return { Titles: titles, Processes: processes }
}
