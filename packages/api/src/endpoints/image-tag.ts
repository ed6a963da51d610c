import type { Endpoint } from '../endpoint.ts'

/** Gives an image one more name. */
export const imageTag = {
  method: 'POST',
  path: '/images/{name*}/tag',
  summary: 'Gives an image one more name.',
  query: { repo: 'string', tag: 'string' },
  answer: 'none',
} as const satisfies Endpoint
