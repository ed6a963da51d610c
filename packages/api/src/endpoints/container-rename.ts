import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'

/** Gives a container another name. */
export const containerRename = {
  method: 'POST',
  path: '/containers/{id}/rename',
  summary: 'Gives a container another name.',
  query: { name: 'string' },
  answer: 'none',
} as const satisfies Endpoint

export const containerRenameHandler: Handler<typeof containerRename> = async ({ engine, params, query }) => {
  await engine.containers.rename(params.id, query.name ?? '')
}
