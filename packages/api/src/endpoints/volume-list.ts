import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { VolumeList } from '../wire/volume.ts'

/** Lists volumes. */
export const volumeList = {
  method: 'GET',
  path: '/volumes',
  summary: 'Lists volumes.',
  query: { filters: 'filters' },
  answer: 'json' as JsonAnswer<VolumeList>,
} as const satisfies Endpoint
