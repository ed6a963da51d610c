import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { networkOf } from '../translate/network.ts'
import type { Network } from '../wire/network.ts'

/** Everything about one network. */
export const networkInspect = {
  method: 'GET',
  path: '/networks/{id}',
  summary: 'Everything about one network.',
  query: { verbose: 'flag', scope: 'string' },
  answer: 'json' as JsonAnswer<Network>,
} as const satisfies Endpoint

export const networkInspectHandler: Handler<typeof networkInspect> = async ({ engine, params }) =>
  networkOf(await engine.networks.get(params.id))
