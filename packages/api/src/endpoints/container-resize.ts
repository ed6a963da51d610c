import type { Endpoint } from '../endpoint.ts'

/** Sets the size of the terminal of a container. */
export const containerResize = {
  method: 'POST',
  path: '/containers/{id}/resize',
  summary: 'Sets the size of the terminal of a container.',
  query: { h: 'integer', w: 'integer' },
  answer: 'none',
} as const satisfies Endpoint
