import { invalid } from '../errors.ts'
import { matchesLabels } from '../store/label-filter.ts'
import type { ContainerRecord } from './container-record.ts'
import type { ContainerFilters } from './containers.ts'

/** What a filter compares with beside the record itself. */
export interface FilterFacts {
  /** Ids of the images that an `ancestor` filter means. */
  readonly ancestors: ReadonlySet<string>
  /** Creation times that `before` and `since` name. */
  readonly before?: string | undefined
  readonly since?: string | undefined
}

const STATUSES = ['created', 'running', 'paused', 'restarting', 'exited', 'dead', 'removing']

/** Whether a container matches every filter. `ENGINE_INVALID` for a status that there is not. */
export function matchesContainer(record: ContainerRecord, filters: ContainerFilters, facts: FilterFacts): boolean {
  const unknown = filters.status?.find((status) => !STATUSES.includes(status))
  if (unknown !== undefined) throw invalid(`invalid filter 'status=${unknown}'`)
  const { id, name, spec, state, createdAt } = record
  return (
    anyOf(filters.id, (value) => id.startsWith(value)) &&
    anyOf(filters.name, (value) => nameMatches(name, value)) &&
    matchesLabels(spec.labels, filters.label) &&
    anyOf(filters.status, (value) => state.status === value) &&
    anyOf(filters.exited, (value) => state.status === 'exited' && String(state.exitCode) === value) &&
    anyOf(filters.ancestor, () => facts.ancestors.has(record.imageId)) &&
    anyOf(filters.network, (value) => spec.network.mode === value) &&
    anyOf(filters.volume, (value) => record.mounts.some((mount) => mount.name === value || mount.target === value)) &&
    anyOf(filters.publish, (value) => publishes(record, value)) &&
    anyOf(filters.expose, (value) => spec.network.exposedPorts.includes(value.includes('/') ? value : `${value}/tcp`)) &&
    (facts.before === undefined || createdAt < facts.before) &&
    (facts.since === undefined || createdAt > facts.since)
  )
}

function anyOf(values: readonly string[] | undefined, matches: (value: string) => boolean): boolean {
  return values === undefined || values.length === 0 || values.some(matches)
}

/** docker takes the value as a regular expression on the name with its slash; as plain text when it is none. */
function nameMatches(name: string, value: string): boolean {
  try {
    const expression = new RegExp(value)
    return expression.test(name) || expression.test(`/${name}`)
  } catch (error) {
    if (error instanceof SyntaxError) return name.includes(value)
    throw error
  }
}

function publishes({ spec }: ContainerRecord, value: string): boolean {
  const [port = '', protocol = 'tcp'] = value.split('/')
  const [first = 0, last = first] = port.split('-').map(Number)
  return (spec.network.ports ?? []).some((published) => {
    const number = published.hostPort || published.containerPort
    return (
      published.protocol === protocol &&
      ((number >= first && number <= last) || (published.containerPort >= first && published.containerPort <= last))
    )
  })
}
