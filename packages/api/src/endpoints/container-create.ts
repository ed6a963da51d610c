import type { Endpoint, JsonAnswer, JsonBody } from '../endpoint.ts'
import type { ContainerCreateBody, ContainerCreated } from '../wire/container.ts'

/** Makes a container without starting it. */
export const containerCreate = {
  method: 'POST',
  path: '/containers/create',
  summary: 'Makes a container without starting it.',
  query: { name: 'string', platform: 'string' },
  body: 'json' as JsonBody<ContainerCreateBody>,
  answer: 'json' as JsonAnswer<ContainerCreated>,
} as const satisfies Endpoint
