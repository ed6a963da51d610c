import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { VolumePruneReport } from '../wire/volume.ts'

/** Removes volumes that no container has. */
export const volumePrune = {
  method: 'POST',
  path: '/volumes/prune',
  summary: 'Removes volumes that no container has.',
  query: { filters: 'filters', all: 'flag' },
  answer: 'json' as JsonAnswer<VolumePruneReport>,
} as const satisfies Endpoint
