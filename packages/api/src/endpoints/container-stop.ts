import type { Endpoint } from '../endpoint.ts'

/** Stops a container and waits for its end; 304 when it does not run. */
export const containerStop = {
  method: 'POST',
  path: '/containers/{id}/stop',
  summary: 'Stops a container and waits for its end; 304 when it does not run.',
  query: { t: 'integer', signal: 'string' },
  answer: 'none',
} as const satisfies Endpoint
