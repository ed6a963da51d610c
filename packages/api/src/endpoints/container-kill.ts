import type { Endpoint } from '../endpoint.ts'

/** Sends a signal to a container. */
export const containerKill = {
  method: 'POST',
  path: '/containers/{id}/kill',
  summary: 'Sends a signal to a container.',
  query: { signal: 'string' },
  answer: 'none',
} as const satisfies Endpoint
