import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { joinReference } from '../translate/progress.ts'

/** Gives an image one more name. */
export const imageTag = {
  method: 'POST',
  path: '/images/{name*}/tag',
  summary: 'Gives an image one more name.',
  query: { repo: 'string', tag: 'string' },
  answer: 'none',
  status: 201,
} as const satisfies Endpoint

export const imageTagHandler: Handler<typeof imageTag> = async ({ engine, params, query }) => {
  await engine.images.tag(params.name, joinReference(query.repo ?? '', query.tag))
}
