import type { Endpoint, MessagesAnswer } from '../endpoint.ts'
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
