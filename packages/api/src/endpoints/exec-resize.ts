import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { terminalSize } from '../translate/terminal-size.ts'

/** Sets the size of the terminal of an exec. */
export const execResize = {
  method: 'POST',
  path: '/exec/{id}/resize',
  summary: 'Sets the size of the terminal of an exec.',
  query: { h: 'integer', w: 'integer' },
  answer: 'none',
  status: 200,
} as const satisfies Endpoint

export const execResizeHandler: Handler<typeof execResize> = async ({ engine, params, query }) => {
  await engine.containers.resizeExec(params.id, terminalSize(query))
}
