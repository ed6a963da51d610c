import type { EventBus } from '../events/event-bus.ts'
import { networkId } from '../networks/network-id.ts'
import { sharedContainer } from '../spec/container-namespaces.ts'
import type { ContainerContext } from './container-context.ts'
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

/** Tells that a container came to, or left, one of the engine's networks. */
export function emitNetworkEvent(
  { events, identity }: ContainerContext,
  { id, spec }: ContainerRecord,
  action: 'connect' | 'disconnect',
): void {
  const name = spec.network.mode
  if (sharedContainer(name) !== undefined) return
  const type = name === 'none' ? 'null' : name
  events.emit({ type: 'network', action, id: networkId(identity.id, name), attributes: { container: id, name, type } })
}
