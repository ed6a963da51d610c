import type { Endpoint } from '../endpoint.ts'

/** Removes a volume. */
export const volumeRemove = {
  method: 'DELETE',
  path: '/volumes/{name}',
  summary: 'Removes a volume.',
  query: { force: 'flag' },
  answer: 'none',
} as const satisfies Endpoint
