import type { Engine } from '@ct/engine'
import type { Endpoint, MessagesAnswer } from '../endpoint.ts'
import { notBuilt } from '../errors.ts'
import type { Handler } from '../server/handler.ts'
import type { ProgressMessage } from '../wire/progress.ts'

/** Reads images from an archive. */
export const imageLoad = {
  method: 'POST',
  path: '/images/load',
  summary: 'Reads images from an archive.',
  query: { quiet: 'flag', platform: 'string' },
  body: 'bytes',
  answer: 'messages' as MessagesAnswer<ProgressMessage>,
} as const satisfies Endpoint

export const imageLoadHandler: Handler<typeof imageLoad> = ({ engine, query, bytes, signal }) => {
  if (query.platform) throw notBuilt('load of one platform')
  return load(engine, bytes, signal)
}

/** A bad archive is reported in the stream, as docker does. */
async function* load(engine: Engine, archive: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<ProgressMessage> {
  for (const { id, references } of await engine.images.load(archive, { signal })) {
    if (references.length === 0) yield { stream: `Loaded image ID: ${id}\n` }
    for (const reference of references) yield { stream: `Loaded image: ${reference}\n` }
  }
}
