import type { Endpoint } from '../endpoint.ts'

/** Says that the daemon is there, and which versions it speaks (in headers). */
export const systemPing = {
  method: 'GET',
  path: '/_ping',
  summary: 'Says that the daemon is there, and which versions it speaks (in headers).',
  answer: 'none',
  versionless: true,
} as const satisfies Endpoint
