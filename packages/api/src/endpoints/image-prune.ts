import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { ImagePruneReport } from '../wire/image.ts'

/** Removes images without a name. */
export const imagePrune = {
  method: 'POST',
  path: '/images/prune',
  summary: 'Removes images without a name.',
  query: { filters: 'filters' },
  answer: 'json' as JsonAnswer<ImagePruneReport>,
} as const satisfies Endpoint
