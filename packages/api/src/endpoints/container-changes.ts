import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { FilesystemChange } from '../wire/container.ts'

/** What differs from the image; null for nothing. */
export const containerChanges = {
  method: 'GET',
  path: '/containers/{id}/changes',
  summary: 'What differs from the image; null for nothing.',
  answer: 'json' as JsonAnswer<readonly FilesystemChange[] | null>,
} as const satisfies Endpoint
