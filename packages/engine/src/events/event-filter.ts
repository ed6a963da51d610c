import { matchesLabels } from '../store/label-filter.ts'
import type { EngineEvent } from './engine-event.ts'

type Filters = Readonly<Record<string, readonly string[]>>

/** Whether an event matches one value of every filter key, as `docker events --filter` means them. */
export function matchesEvent(event: EngineEvent, filters: Filters): boolean {
  return Object.entries(filters).every(([key, values]) => values.length === 0 || values.some((value) => matchesOne(event, key, value)))
}

function matchesOne(event: EngineEvent, key: string, value: string): boolean {
  const { type, action, id, attributes } = event
  switch (key) {
    case 'type':
      return type === value
    case 'event':
      return action === value || action.startsWith(`${value}:`)
    case 'label':
      return matchesLabels(attributes, [value])
    case 'image':
      return [type === 'image' ? id : undefined, attributes.image, attributes.name].some((name) => isReferenceOf(name, value))
    case 'container':
    case 'volume':
    case 'network':
      return (type === key && (id.startsWith(value) || attributes.name === value)) || attributes[key] === value
    default:
      return false
  }
}

function isReferenceOf(name: string | undefined, asked: string): boolean {
  return name === asked || name === `${asked}:latest` || name?.replace(/:[^:/]+$/, '') === asked
}
