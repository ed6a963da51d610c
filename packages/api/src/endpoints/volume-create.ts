import type { Endpoint, JsonAnswer, JsonBody } from '../endpoint.ts'
import type { Volume, VolumeCreateBody } from '../wire/volume.ts'

/** Makes a volume, or gives the one of that name. */
export const volumeCreate = {
  method: 'POST',
  path: '/volumes/create',
  summary: 'Makes a volume, or gives the one of that name.',
  body: 'json' as JsonBody<VolumeCreateBody>,
  answer: 'json' as JsonAnswer<Volume>,
} as const satisfies Endpoint
