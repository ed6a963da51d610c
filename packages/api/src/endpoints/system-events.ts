import type { Endpoint, MessagesAnswer } from '../endpoint.ts'
import type { EventMessage } from '../wire/event.ts'

/** What happens, as it happens. */
export const systemEvents = {
  method: 'GET',
  path: '/events',
  summary: 'What happens, as it happens.',
  query: { since: 'time', until: 'time', filters: 'filters' },
  answer: 'messages' as MessagesAnswer<EventMessage>,
} as const satisfies Endpoint
