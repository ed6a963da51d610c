import type { Endpoint } from '../endpoint.ts'
import { badRequest, notBuilt } from '../errors.ts'
import type { Handler } from '../server/handler.ts'
import { primed } from '../server/primed.ts'

/** Images as one archive that load reads. */
export const imageSaveMany = {
  method: 'GET',
  path: '/images/get',
  summary: 'Images as one archive that load reads.',
  query: { names: 'strings', platform: 'string' },
  answer: 'bytes',
} as const satisfies Endpoint

export const imageSaveManyHandler: Handler<typeof imageSaveMany> = async ({ engine, query }) => {
  if (query.platform) throw notBuilt('save of one platform')
  const names = (query.names ?? []).flatMap((name) => name.split(',')).filter((name) => name !== '')
  if (names.length === 0) throw badRequest('no image names given')
  return { contentType: 'application/x-tar', body: await primed(engine.images.save(names)) }
}
