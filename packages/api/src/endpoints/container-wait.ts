import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { WaitResult } from '../wire/container.ts'

/** Waits for the end of a container; the headers come at once. */
export const containerWait = {
  method: 'POST',
  path: '/containers/{id}/wait',
  summary: 'Waits for the end of a container; the headers come at once.',
  query: { condition: 'string' },
  answer: 'json' as JsonAnswer<WaitResult>,
} as const satisfies Endpoint
