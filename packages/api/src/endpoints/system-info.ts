import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { SystemInfo } from '../wire/system.ts'

/** Facts about the daemon and its machine. */
export const systemInfo = {
  method: 'GET',
  path: '/info',
  summary: 'Facts about the daemon and its machine.',
  answer: 'json' as JsonAnswer<SystemInfo>,
} as const satisfies Endpoint
