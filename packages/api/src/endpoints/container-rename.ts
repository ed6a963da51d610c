import type { Endpoint } from '../endpoint.ts'

/** Gives a container another name. */
export const containerRename = {
  method: 'POST',
  path: '/containers/{id}/rename',
  summary: 'Gives a container another name.',
  query: { name: 'string' },
  answer: 'none',
} as const satisfies Endpoint
