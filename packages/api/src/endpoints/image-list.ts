import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { checkFilters } from '../translate/filters.ts'
import { imageSummaryOf } from '../translate/image.ts'
import type { ImageSummary } from '../wire/image.ts'

/** Lists images, newest first. */
export const imageList = {
  method: 'GET',
  path: '/images/json',
  summary: 'Lists images, newest first.',
  query: { all: 'flag', filters: 'filters', 'shared-size': 'flag', digests: 'flag', manifests: 'flag' },
  answer: 'json' as JsonAnswer<readonly ImageSummary[]>,
} as const satisfies Endpoint

export const imageListHandler: Handler<typeof imageList> = async ({ engine, query }) => {
  const filters = checkFilters(query.filters, ['before', 'dangling', 'label', 'reference', 'since', 'until'])
  return (await engine.images.list({ filters })).map(imageSummaryOf)
}
