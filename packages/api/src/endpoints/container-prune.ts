import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { checkFilters } from '../translate/filters.ts'
import type { ContainerPruneReport } from '../wire/container.ts'

/** Removes all containers that do not run. */
export const containerPrune = {
  method: 'POST',
  path: '/containers/prune',
  summary: 'Removes all containers that do not run.',
  query: { filters: 'filters' },
  answer: 'json' as JsonAnswer<ContainerPruneReport>,
} as const satisfies Endpoint

export const containerPruneHandler: Handler<typeof containerPrune> = async ({ engine, query }) => {
  const { removed, freedBytes } = await engine.containers.prune({ filters: checkFilters(query.filters, ['label']) })
  return { ContainersDeleted: removed.length === 0 ? null : removed, SpaceReclaimed: freedBytes }
}
