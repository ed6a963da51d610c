import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { checkFilters } from '../translate/filters.ts'
import { volumeOf } from '../translate/volume.ts'
import type { VolumeList } from '../wire/volume.ts'

/** Lists volumes. */
export const volumeList = {
  method: 'GET',
  path: '/volumes',
  summary: 'Lists volumes.',
  query: { filters: 'filters' },
  answer: 'json' as JsonAnswer<VolumeList>,
} as const satisfies Endpoint

export const volumeListHandler: Handler<typeof volumeList> = ({ engine, query }) => {
  const filters = checkFilters(query.filters, ['dangling', 'driver', 'label', 'name'])
  return { Volumes: engine.volumes.list({ filters }).map(volumeOf), Warnings: null }
}
