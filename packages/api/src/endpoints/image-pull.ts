import type { Endpoint, MessagesAnswer } from '../endpoint.ts'
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
