import type { Endpoint } from '../endpoint.ts'

/** Stops a container, if it runs, and starts it. */
export const containerRestart = {
  method: 'POST',
  path: '/containers/{id}/restart',
  summary: 'Stops a container, if it runs, and starts it.',
  query: { t: 'integer', signal: 'string' },
  answer: 'none',
} as const satisfies Endpoint
