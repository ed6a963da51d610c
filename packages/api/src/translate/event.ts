import type { EngineEvent } from '@ct/engine'
import type { EventMessage } from '../wire/event.ts'

/** An event as docker's clients read it; the lower-case fields are for old ones. */
export function eventMessageOf({ type, action, id, attributes, timeNs }: EngineEvent): EventMessage {
  return {
    ...((type === 'container' || type === 'image') && { status: action, id }),
    ...(type === 'container' && attributes.image !== undefined && { from: attributes.image }),
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: 'local',
    time: Number(timeNs / 1_000_000_000n),
    timeNano: Number(timeNs),
  }
}
