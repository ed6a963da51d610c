import type { Endpoint } from '../endpoint.ts'
import { notBuilt } from '../errors.ts'
import type { Handler } from '../server/handler.ts'
import { primed } from '../server/primed.ts'

/** One image as an archive that load reads. */
export const imageSave = {
  method: 'GET',
  path: '/images/{name*}/get',
  summary: 'One image as an archive that load reads.',
  query: { platform: 'string' },
  answer: 'bytes',
} as const satisfies Endpoint

export const imageSaveHandler: Handler<typeof imageSave> = async ({ engine, params, query }) => {
  if (query.platform) throw notBuilt('save of one platform')
  return { contentType: 'application/x-tar', body: await primed(engine.images.save([params.name])) }
}
