import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { primed } from '../server/primed.ts'

/** The root file system of a container as a tar archive. */
export const containerExport = {
  method: 'GET',
  path: '/containers/{id}/export',
  summary: 'The root file system of a container as a tar archive.',
  answer: 'bytes',
} as const satisfies Endpoint

export const containerExportHandler: Handler<typeof containerExport> = async ({ engine, params }) => ({
  contentType: 'application/octet-stream',
  body: await primed(engine.containers.export(engine.containers.get(params.id).id)),
})
