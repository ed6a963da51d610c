import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import { notBuilt } from '../errors.ts'
import type { Handler } from '../server/handler.ts'
import { historyItemOf } from '../translate/image.ts'
import type { ImageHistoryItem } from '../wire/image.ts'

/** How an image was made, newest step first. */
export const imageHistory = {
  method: 'GET',
  path: '/images/{name*}/history',
  summary: 'How an image was made, newest step first.',
  query: { platform: 'string' },
  answer: 'json' as JsonAnswer<readonly ImageHistoryItem[]>,
} as const satisfies Endpoint

export const imageHistoryHandler: Handler<typeof imageHistory> = async ({ engine, params, query }) => {
  if (query.platform) throw notBuilt('history of one platform')
  return (await engine.images.history(params.name)).map(historyItemOf)
}
