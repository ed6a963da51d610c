import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import type { BuildPruneReport } from '../wire/system.ts'

/** Removes what builds have kept: nothing, as there is no build cache. */
export const buildPrune = {
  method: 'POST',
  path: '/build/prune',
  summary: 'Removes what builds have kept: nothing, as there is no build cache.',
  query: { all: 'flag', filters: 'filters' },
  answer: 'json' as JsonAnswer<BuildPruneReport>,
} as const satisfies Endpoint

export const buildPruneHandler: Handler<typeof buildPrune> = () => ({ CachesDeleted: null, SpaceReclaimed: 0 })
