import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Volume } from '../wire/volume.ts'

/** Everything about one volume. */
export const volumeInspect = {
  method: 'GET',
  path: '/volumes/{name}',
  summary: 'Everything about one volume.',
  answer: 'json' as JsonAnswer<Volume>,
} as const satisfies Endpoint
