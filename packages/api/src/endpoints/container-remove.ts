import type { Endpoint } from '../endpoint.ts'

/** Removes a container. */
export const containerRemove = {
  method: 'DELETE',
  path: '/containers/{id}',
  summary: 'Removes a container.',
  query: { force: 'flag', v: 'flag', link: 'flag' },
  answer: 'none',
} as const satisfies Endpoint
