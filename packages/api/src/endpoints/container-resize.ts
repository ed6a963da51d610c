import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { terminalSize } from '../translate/terminal-size.ts'

/** Sets the size of the terminal of a container. */
export const containerResize = {
  method: 'POST',
  path: '/containers/{id}/resize',
  summary: 'Sets the size of the terminal of a container.',
  query: { h: 'integer', w: 'integer' },
  answer: 'none',
  status: 200,
} as const satisfies Endpoint

export const containerResizeHandler: Handler<typeof containerResize> = async ({ engine, params, query }) => {
  await engine.containers.resize(params.id, terminalSize(query))
}
