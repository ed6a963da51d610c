import type { EventBus } from '../events/event-bus.ts'
import type { ContainerRecord } from './container-record.ts'

/** Tells that something happened to a container, with the attributes that docker gives. */
export function emitContainerEvent(
  events: EventBus,
  { id, name, image, spec }: ContainerRecord,
  action: string,
  attributes: Readonly<Record<string, string>> = {},
): void {
  events.emit({ type: 'container', action, id, attributes: { ...spec.labels, image, name, ...attributes } })
}
