import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'

/** Lets the processes of a container go on. */
export const containerUnpause = {
  method: 'POST',
  path: '/containers/{id}/unpause',
  summary: 'Lets the processes of a container go on.',
  answer: 'none',
} as const satisfies Endpoint

export const containerUnpauseHandler: Handler<typeof containerUnpause> = async ({ engine, params }) => {
  await engine.containers.unpause(params.id)
}
