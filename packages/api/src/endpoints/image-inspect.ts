import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { imageInspectOf } from '../translate/image.ts'
import type { ImageInspect } from '../wire/image.ts'

/** Everything about one image. */
export const imageInspect = {
  method: 'GET',
  path: '/images/{name*}/json',
  summary: 'Everything about one image.',
  query: { manifests: 'flag' },
  answer: 'json' as JsonAnswer<ImageInspect>,
} as const satisfies Endpoint

export const imageInspectHandler: Handler<typeof imageInspect> = async ({ engine, params }) =>
  imageInspectOf(await engine.images.get(params.name))
