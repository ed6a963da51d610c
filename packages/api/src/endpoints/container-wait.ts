import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import { badRequest } from '../errors.ts'
import type { Handler } from '../server/handler.ts'
import type { WaitResult } from '../wire/container.ts'

/** Waits for the end of a container; the headers come at once. */
export const containerWait = {
  method: 'POST',
  path: '/containers/{id}/wait',
  summary: 'Waits for the end of a container; the headers come at once.',
  query: { condition: 'string' },
  answer: 'json' as JsonAnswer<WaitResult>,
} as const satisfies Endpoint

export const containerWaitHandler: Handler<typeof containerWait> = async ({ engine, params, query, signal, open }) => {
  const condition = CONDITIONS.find((name) => name === (query.condition || 'not-running'))
  if (condition === undefined) {
    throw badRequest(`invalid condition: ${JSON.stringify(query.condition)}`)
  }
  const { id } = engine.containers.get(params.id)
  const end = engine.containers.wait(id, { condition, signal })
  open()
  const { exitCode } = await end
  // docker's `Error` tells of a failed removal, never of a failed start: clients print it beside the start's own error.
  return { StatusCode: exitCode }
}

const CONDITIONS = ['not-running', 'next-exit', 'removed'] as const
