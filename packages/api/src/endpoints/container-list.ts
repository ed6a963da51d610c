import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { containerSummariesOf } from '../translate/container-summaries.ts'
import { checkFilters } from '../translate/filters.ts'
import type { ContainerSummary } from '../wire/container.ts'

/** Lists containers, newest first. */
export const containerList = {
  method: 'GET',
  path: '/containers/json',
  summary: 'Lists containers, newest first.',
  query: { all: 'flag', limit: 'integer', size: 'flag', filters: 'filters' },
  answer: 'json' as JsonAnswer<readonly ContainerSummary[]>,
} as const satisfies Endpoint

export const containerListHandler: Handler<typeof containerList> = ({ engine, query }) => {
  const { limit = 0 } = query
  const filters = checkFilters(query.filters, FILTERS, IGNORED)
  const records = engine.containers.list({ all: query.all === true || limit > 0, filters })
  return containerSummariesOf(engine, limit > 0 ? records.slice(0, limit) : records, { size: query.size })
}

const FILTERS = [
  'id',
  'name',
  'label',
  'status',
  'ancestor',
  'exited',
  'network',
  'volume',
  'publish',
  'expose',
  'before',
  'since',
] as const
/** True of every container here. */
const IGNORED = ['isolation', 'is-task']
