import { compareVersions } from '../api-version.ts'
import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { checkFilters } from '../translate/filters.ts'
import type { VolumePruneReport } from '../wire/volume.ts'

/** Removes volumes that no container has. */
export const volumePrune = {
  method: 'POST',
  path: '/volumes/prune',
  summary: 'Removes volumes that no container has.',
  query: { filters: 'filters', all: 'flag' },
  answer: 'json' as JsonAnswer<VolumePruneReport>,
} as const satisfies Endpoint

export const volumePruneHandler: Handler<typeof volumePrune> = async ({ engine, query, version }) => {
  const { all: allFilter, ...filters } = checkFilters(query.filters, ['all', 'label'])
  // Until 1.42 named volumes went, too.
  const all = compareVersions(version, '1.42') < 0 || query.all === true || allFilter?.some((value) => value === '1' || value === 'true')
  const { removed, freedBytes } = await engine.volumes.prune({ all, filters })
  return { VolumesDeleted: removed.length === 0 ? null : removed, SpaceReclaimed: freedBytes }
}
