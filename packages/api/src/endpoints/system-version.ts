import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { SystemVersion } from '../wire/system.ts'

/** Versions of the daemon and its parts. */
export const systemVersion = {
  method: 'GET',
  path: '/version',
  summary: 'Versions of the daemon and its parts.',
  answer: 'json' as JsonAnswer<SystemVersion>,
  versionless: true,
} as const satisfies Endpoint
