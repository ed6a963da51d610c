import type { ContainerNetwork } from './container-record.ts'

/** The network part of a container that is not connected. */
export function disconnected(mode: string): ContainerNetwork {
  return { mode, endpointId: '', ipAddress: '', prefixLength: 0, gateway: '', macAddress: '', ports: [] }
}
