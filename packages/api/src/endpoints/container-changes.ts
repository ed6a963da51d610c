import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import type { FilesystemChange } from '../wire/container.ts'

/** What differs from the image; null for nothing. */
export const containerChanges = {
  method: 'GET',
  path: '/containers/{id}/changes',
  summary: 'What differs from the image; null for nothing.',
  answer: 'json' as JsonAnswer<readonly FilesystemChange[] | null>,
} as const satisfies Endpoint

export const containerChangesHandler: Handler<typeof containerChanges> = async ({ engine, params }) => {
  const changes = await engine.containers.changes(params.id)
  return changes.length === 0 ? null : changes.map(({ path, kind }) => ({ Path: path, Kind: KINDS[kind] }))
}

const KINDS = { modified: 0, added: 1, deleted: 2 } as const
