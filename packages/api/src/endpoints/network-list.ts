import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { checkFilters } from '../translate/filters.ts'
import { networkOf } from '../translate/network.ts'
import type { Network } from '../wire/network.ts'

/** Lists networks. */
export const networkList = {
  method: 'GET',
  path: '/networks',
  summary: 'Lists networks.',
  query: { filters: 'filters' },
  answer: 'json' as JsonAnswer<readonly Network[]>,
} as const satisfies Endpoint

export const networkListHandler: Handler<typeof networkList> = async ({ engine, query }) => {
  const { name, id, driver, type, label, scope } = checkFilters(
    query.filters,
    ['driver', 'id', 'label', 'name', 'scope', 'type'],
    ['dangling'],
  )
  const records = (await engine.networks.list()).filter(
    (record) =>
      matches(name, (part) => record.name.includes(part)) &&
      matches(id, (part) => record.id.startsWith(part)) &&
      matches(driver, (word) => record.driver === word) &&
      matches(type, (word) => word === 'builtin') &&
      matches(scope, (word) => word === 'local') &&
      label === undefined,
  )
  return records.map((record) => ({ ...networkOf(record), Containers: {} }))
}

function matches(values: readonly string[] | undefined, test: (value: string) => boolean): boolean {
  return values === undefined || values.some(test)
}
