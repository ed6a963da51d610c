import type { Endpoint } from '../endpoint.ts'

/** Starts a container; 304 when it runs. */
export const containerStart = {
  method: 'POST',
  path: '/containers/{id}/start',
  summary: 'Starts a container; 304 when it runs.',
  query: { detachKeys: 'string' },
  answer: 'none',
} as const satisfies Endpoint
