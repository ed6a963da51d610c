import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { ContainerInspect } from '../wire/container.ts'

/** Everything about one container. */
export const containerInspect = {
  method: 'GET',
  path: '/containers/{id}/json',
  summary: 'Everything about one container.',
  query: { size: 'flag' },
  answer: 'json' as JsonAnswer<ContainerInspect>,
} as const satisfies Endpoint
