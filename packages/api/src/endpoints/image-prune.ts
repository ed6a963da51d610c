import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { checkFilters } from '../translate/filters.ts'
import { deleteItemOf } from '../translate/image.ts'
import type { ImagePruneReport } from '../wire/image.ts'

/** Removes images without a name. */
export const imagePrune = {
  method: 'POST',
  path: '/images/prune',
  summary: 'Removes images without a name.',
  query: { filters: 'filters' },
  answer: 'json' as JsonAnswer<ImagePruneReport>,
} as const satisfies Endpoint

export const imagePruneHandler: Handler<typeof imagePrune> = async ({ engine, query }) => {
  const { dangling, ...filters } = checkFilters(query.filters, ['dangling', 'label', 'until'])
  const all = dangling?.some((value) => value === 'false' || value === '0')
  const { removed, freedBytes } = await engine.images.prune({ all, filters })
  return { ImagesDeleted: removed.length === 0 ? null : removed.map(deleteItemOf), SpaceReclaimed: freedBytes }
}
