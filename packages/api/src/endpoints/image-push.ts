import type { Endpoint, MessagesAnswer } from '../endpoint.ts'
import { notBuilt } from '../errors.ts'
import type { Handler } from '../server/handler.ts'
import { progressOf } from '../server/progress-stream.ts'
import { readRegistryAuth } from '../server/read-registry-auth.ts'
import { joinReference, pushMessages, splitReference } from '../translate/progress.ts'
import type { ProgressMessage } from '../wire/progress.ts'

/** Pushes an image to the registry that its name tells. */
export const imagePush = {
  method: 'POST',
  path: '/images/{name*}/push',
  summary: 'Pushes an image to the registry that its name tells.',
  query: { tag: 'string', platform: 'string' },
  answer: 'messages' as MessagesAnswer<ProgressMessage>,
} as const satisfies Endpoint

export const imagePushHandler: Handler<typeof imagePush> = async ({ engine, params, query, headers, signal }) => {
  if (query.platform) throw notBuilt('push of one platform')
  const reference = joinReference(params.name, query.tag)
  const credentials = readRegistryAuth(headers)
  const { tag } = splitReference(reference)
  await engine.images.get(reference)
  return progressOf(signal, async (report, ended) => {
    report([{ status: `The push refers to repository [${params.name}]` }])
    await engine.images.push(reference, {
      credentials,
      signal: ended,
      onProgress: (event) => report(pushMessages(event, tag)),
    })
  })
}
