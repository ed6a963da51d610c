import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import { notBuilt } from '../errors.ts'
import type { Handler } from '../server/handler.ts'
import { deleteItemOf } from '../translate/image.ts'
import type { ImageDeleteItem } from '../wire/image.ts'

/** Untags an image, and deletes it with its last name. */
export const imageRemove = {
  method: 'DELETE',
  path: '/images/{name*}',
  summary: 'Untags an image, and deletes it with its last name.',
  query: { force: 'flag', noprune: 'flag', platforms: 'strings' },
  answer: 'json' as JsonAnswer<readonly ImageDeleteItem[]>,
} as const satisfies Endpoint

export const imageRemoveHandler: Handler<typeof imageRemove> = async ({ engine, params, query }) => {
  if (query.platforms !== undefined) throw notBuilt('removal of single platforms')
  return (await engine.images.remove(params.name, { force: query.force })).map(deleteItemOf)
}
