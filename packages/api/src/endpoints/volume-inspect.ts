import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { volumeOf } from '../translate/volume.ts'
import type { Volume } from '../wire/volume.ts'

/** Everything about one volume. */
export const volumeInspect = {
  method: 'GET',
  path: '/volumes/{name}',
  summary: 'Everything about one volume.',
  answer: 'json' as JsonAnswer<Volume>,
} as const satisfies Endpoint

export const volumeInspectHandler: Handler<typeof volumeInspect> = ({ engine, params }) => volumeOf(engine.volumes.get(params.name))
