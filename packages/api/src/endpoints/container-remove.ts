import type { Endpoint } from '../endpoint.ts'
import { notBuilt } from '../errors.ts'
import type { Handler } from '../server/handler.ts'

/** Removes a container. */
export const containerRemove = {
  method: 'DELETE',
  path: '/containers/{id}',
  summary: 'Removes a container.',
  query: { force: 'flag', v: 'flag', link: 'flag' },
  answer: 'none',
} as const satisfies Endpoint

export const containerRemoveHandler: Handler<typeof containerRemove> = async ({ engine, params, query }) => {
  if (query.link === true) throw notBuilt('links between containers')
  await engine.containers.remove(params.id, { force: query.force, volumes: query.v })
}
