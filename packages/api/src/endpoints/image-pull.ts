import type { Endpoint, MessagesAnswer } from '../endpoint.ts'
import { badRequest, notBuilt } from '../errors.ts'
import type { Handler } from '../server/handler.ts'
import { progressOf } from '../server/progress-stream.ts'
import { readRegistryAuth } from '../server/read-registry-auth.ts'
import { joinReference, pullMessages } from '../translate/progress.ts'
import type { ProgressMessage } from '../wire/progress.ts'

/** Pulls an image from its registry. */
export const imagePull = {
  method: 'POST',
  path: '/images/create',
  summary: 'Pulls an image from its registry.',
  query: {
    fromImage: 'string',
    tag: 'string',
    platform: 'string',
    fromSrc: 'string',
    repo: 'string',
    message: 'string',
    changes: 'strings',
  },
  answer: 'messages' as MessagesAnswer<ProgressMessage>,
} as const satisfies Endpoint

export const imagePullHandler: Handler<typeof imagePull> = async ({ engine, query, headers, signal }) => {
  if (query.fromSrc) throw notBuilt('import of an image')
  if (!query.fromImage) throw badRequest('invalid reference format: fromImage is missing')
  const reference = joinReference(query.fromImage, query.tag)
  const credentials = readRegistryAuth(headers)
  return progressOf(signal, async (report, ended) => {
    await engine.images.pull(reference, {
      platform: query.platform || undefined,
      credentials,
      signal: ended,
      onProgress: (event) => report(pullMessages(event, reference)),
    })
  })
}
