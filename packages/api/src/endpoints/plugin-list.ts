import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'

/** Lists plugins: there are none. */
export const pluginList = {
  method: 'GET',
  path: '/plugins',
  summary: 'Lists plugins: there are none.',
  query: { filters: 'filters' },
  answer: 'json' as JsonAnswer<readonly object[]>,
} as const satisfies Endpoint

export const pluginListHandler: Handler<typeof pluginList> = () => []
