import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { containerInspectOf } from '../translate/container-inspect.ts'
import { STORAGE_DRIVER } from '../translate/system.ts'
import type { ContainerInspect } from '../wire/container.ts'

/** Everything about one container. */
export const containerInspect = {
  method: 'GET',
  path: '/containers/{id}/json',
  summary: 'Everything about one container.',
  query: { size: 'flag' },
  answer: 'json' as JsonAnswer<ContainerInspect>,
} as const satisfies Endpoint

export const containerInspectHandler: Handler<typeof containerInspect> = async ({ engine, params, query }) => {
  const record = engine.containers.get(params.id)
  const networks = await engine.networks.list()
  return containerInspectOf(record, {
    networkId: networks.find(({ name }) => name === record.network.mode)?.id ?? '',
    execIds: engine.containers.listExecs(record.id),
    storageDriver: STORAGE_DRIVER,
    directories: await engine.containers.directories(record.id),
    size: query.size === true ? await engine.containers.size(record.id) : undefined,
  })
}
