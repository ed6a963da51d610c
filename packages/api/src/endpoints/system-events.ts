import type { EngineEvent } from '@ct/engine'
import type { Endpoint, MessagesAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { eventMessageOf } from '../translate/event.ts'
import { checkFilters } from '../translate/filters.ts'
import { nanoseconds } from '../translate/time.ts'
import type { EventMessage } from '../wire/event.ts'

/** What happens, as it happens. */
export const systemEvents = {
  method: 'GET',
  path: '/events',
  summary: 'What happens, as it happens.',
  query: { since: 'time', until: 'time', filters: 'filters' },
  answer: 'messages' as MessagesAnswer<EventMessage>,
} as const satisfies Endpoint

export const systemEventsHandler: Handler<typeof systemEvents> = ({ engine, query, signal }) => {
  const filters = checkFilters(query.filters, FILTERS, ['scope'])
  const events = engine.events.subscribe({ sinceNs: nanoseconds(query.since), untilNs: nanoseconds(query.until), filters, signal })
  return messagesOf(events)
}

const FILTERS = ['container', 'daemon', 'event', 'image', 'label', 'network', 'type', 'volume'] as const

async function* messagesOf(events: AsyncIterable<EngineEvent>): AsyncGenerator<EventMessage, void, undefined> {
  for await (const event of events) yield eventMessageOf(event)
}
