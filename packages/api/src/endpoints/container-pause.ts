import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'

/** Freezes the processes of a container. */
export const containerPause = {
  method: 'POST',
  path: '/containers/{id}/pause',
  summary: 'Freezes the processes of a container.',
  answer: 'none',
} as const satisfies Endpoint

export const containerPauseHandler: Handler<typeof containerPause> = async ({ engine, params }) => {
  await engine.containers.pause(params.id)
}
