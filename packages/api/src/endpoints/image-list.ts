import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { ImageSummary } from '../wire/image.ts'

/** Lists images, newest first. */
export const imageList = {
  method: 'GET',
  path: '/images/json',
  summary: 'Lists images, newest first.',
  query: { all: 'flag', filters: 'filters', 'shared-size': 'flag', digests: 'flag', manifests: 'flag' },
  answer: 'json' as JsonAnswer<readonly ImageSummary[]>,
} as const satisfies Endpoint
