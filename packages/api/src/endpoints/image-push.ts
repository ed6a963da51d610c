import type { Endpoint, MessagesAnswer } from '../endpoint.ts'
import type { ProgressMessage } from '../wire/progress.ts'

/** Pushes an image to the registry that its name tells. */
export const imagePush = {
  method: 'POST',
  path: '/images/{name*}/push',
  summary: 'Pushes an image to the registry that its name tells.',
  query: { tag: 'string', platform: 'string' },
  answer: 'messages' as MessagesAnswer<ProgressMessage>,
} as const satisfies Endpoint
