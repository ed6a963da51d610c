/** A network that containers may be on. */
export interface NetworkRecord {
  /** 64 hexadecimal digits. */
  readonly id: string
  readonly name: 'bridge' | 'host' | 'none'
  readonly driver: 'bridge' | 'host' | 'null'
  readonly createdAt: string
  /** Of the bridge; else empty. */
  readonly subnet: string
  readonly gateway: string
  /** Name of the bridge's interface; else empty. */
  readonly bridge: string
  /** Running containers on it. */
  readonly endpoints: readonly NetworkEndpoint[]
}

/** One container on a network. */
export interface NetworkEndpoint {
  readonly containerId: string
  readonly name: string
  readonly endpointId: string
  readonly macAddress: string
  readonly ipAddress: string
  readonly prefixLength: number
}
