import type { PublishedPort } from './published-port.ts'

/** A container's place in a network. */
export interface Endpoint {
  /** 64 hexadecimal digits. */
  readonly endpointId: string
  readonly containerId: string
  readonly ipAddress: string
  readonly prefixLength: number
  readonly gateway: string
  readonly macAddress: string
  readonly ports: readonly PublishedPort[]
}

/** The name of the host's end of the endpoint's veth pair; the other end is `eth0` in the container. */
export function vethName({ endpointId }: Endpoint): string {
  return `veth${endpointId.slice(0, 7)}`
}
