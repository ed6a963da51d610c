import type { Endpoint } from '../endpoint.ts'

/** Sets the size of the terminal of an exec. */
export const execResize = {
  method: 'POST',
  path: '/exec/{id}/resize',
  summary: 'Sets the size of the terminal of an exec.',
  query: { h: 'integer', w: 'integer' },
  answer: 'none',
} as const satisfies Endpoint
