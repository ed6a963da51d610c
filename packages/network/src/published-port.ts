/** Transport protocols whose ports can be published. */
export type PortProtocol = 'tcp' | 'udp'

/** A port of a container that is wanted on the host. */
export interface PortRequest {
  readonly protocol: PortProtocol
  readonly containerPort: number
  /** Address of the host. @default '0.0.0.0', which is every one */
  readonly hostIp?: string | undefined
  /** @default 0: a free one is picked from 49153 on */
  readonly hostPort?: number | undefined
}

/** A port of a container that is published on the host. */
export interface PublishedPort {
  readonly protocol: PortProtocol
  readonly containerPort: number
  readonly hostIp: string
  readonly hostPort: number
}
