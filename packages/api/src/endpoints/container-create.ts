import type { Endpoint, JsonAnswer, JsonBody } from '../endpoint.ts'
import { badRequest } from '../errors.ts'
import type { Handler } from '../server/handler.ts'
import { checkShape } from '../server/shape.ts'
import { CREATE_BODY } from '../translate/create-body.table.ts'
import { readContainerSpec } from '../translate/read-container-spec.ts'
import type { ContainerCreateBody, ContainerCreated } from '../wire/container.ts'

/** Makes a container without starting it. */
export const containerCreate = {
  method: 'POST',
  path: '/containers/create',
  summary: 'Makes a container without starting it.',
  query: { name: 'string', platform: 'string' },
  body: 'json' as JsonBody<ContainerCreateBody>,
  answer: 'json' as JsonAnswer<ContainerCreated>,
  status: 201,
} as const satisfies Endpoint

export const containerCreateHandler: Handler<typeof containerCreate> = async ({ engine, query, json }) => {
  if (json === undefined || json === null) {
    throw badRequest('config cannot be empty in order to create a container')
  }
  const body = checkShape<ContainerCreateBody>(json, CREATE_BODY)
  const record = await engine.containers.create(readContainerSpec(body, query.platform), { name: query.name || undefined })
  return { Id: record.id, Warnings: [] }
}
