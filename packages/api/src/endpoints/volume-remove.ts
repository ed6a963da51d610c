import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'

/** Removes a volume. */
export const volumeRemove = {
  method: 'DELETE',
  path: '/volumes/{name}',
  summary: 'Removes a volume.',
  query: { force: 'flag' },
  answer: 'none',
} as const satisfies Endpoint

export const volumeRemoveHandler: Handler<typeof volumeRemove> = async ({ engine, params, query }) => {
  await engine.volumes.remove(params.name, { force: query.force })
}
