import type { Endpoint } from '../endpoint.ts'

/** The headers of a ping alone. */
export const systemPingHead = {
  method: 'HEAD',
  path: '/_ping',
  summary: 'The headers of a ping alone.',
  answer: 'none',
  versionless: true,
} as const satisfies Endpoint
