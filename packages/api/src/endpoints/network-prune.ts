import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import type { NetworkPruneReport } from '../wire/network.ts'

/** Removes networks that no container uses; the three that there are always stay. */
export const networkPrune = {
  method: 'POST',
  path: '/networks/prune',
  summary: 'Removes networks that no container uses; the three that there are always stay.',
  query: { filters: 'filters' },
  answer: 'json' as JsonAnswer<NetworkPruneReport>,
} as const satisfies Endpoint

export const networkPruneHandler: Handler<typeof networkPrune> = () => ({ NetworksDeleted: null })
