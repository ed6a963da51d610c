import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { ContainerPruneReport } from '../wire/container.ts'

/** Removes all containers that do not run. */
export const containerPrune = {
  method: 'POST',
  path: '/containers/prune',
  summary: 'Removes all containers that do not run.',
  query: { filters: 'filters' },
  answer: 'json' as JsonAnswer<ContainerPruneReport>,
} as const satisfies Endpoint
