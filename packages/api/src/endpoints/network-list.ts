import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Network } from '../wire/network.ts'

/** Lists networks. */
export const networkList = {
  method: 'GET',
  path: '/networks',
  summary: 'Lists networks.',
  query: { filters: 'filters' },
  answer: 'json' as JsonAnswer<readonly Network[]>,
} as const satisfies Endpoint
