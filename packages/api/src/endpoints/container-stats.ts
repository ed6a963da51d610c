import type { Endpoint, MessagesAnswer } from '../endpoint.ts'
import type { ContainerStats } from '../wire/stats.ts'

/** What a container uses, once a second. */
export const containerStats = {
  method: 'GET',
  path: '/containers/{id}/stats',
  summary: 'What a container uses, once a second.',
  query: { stream: 'flag', 'one-shot': 'flag' },
  answer: 'messages' as MessagesAnswer<ContainerStats>,
} as const satisfies Endpoint
