import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { ContainerSummary } from '../wire/container.ts'

/** Lists containers, newest first. */
export const containerList = {
  method: 'GET',
  path: '/containers/json',
  summary: 'Lists containers, newest first.',
  query: { all: 'flag', limit: 'integer', size: 'flag', filters: 'filters' },
  answer: 'json' as JsonAnswer<readonly ContainerSummary[]>,
} as const satisfies Endpoint
