/** How a container is, or asks to be, on one network. */
export interface EndpointSettings {
  readonly IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: readonly string[] } | null
  readonly Links?: readonly string[] | null
  readonly Aliases?: readonly string[] | null
  readonly MacAddress?: string
  readonly DriverOpts?: Record<string, string> | null
  readonly GwPriority?: number
  readonly NetworkID?: string
  readonly EndpointID?: string
  readonly Gateway?: string
  readonly IPAddress?: string
  readonly IPPrefixLen?: number
  IPv6Gateway?: string
  GlobalIPv6Address?: string
  GlobalIPv6PrefixLen?: number
  readonly DNSNames?: readonly string[] | null
}

/** The networks a new container joins. */
export interface NetworkingConfig {
  readonly EndpointsConfig?: Record<string, EndpointSettings> | null
}

/** Address management of a network. */
export interface Ipam {
  readonly Driver?: string
  readonly Options?: Record<string, string> | null
  readonly Config?: { Subnet?: string; IPRange?: string; Gateway?: string; AuxiliaryAddresses?: Record<string, string> }[] | null
}

/** A container's endpoint as a network shows it; addresses carry their prefix length. */
export interface NetworkContainer {
  readonly Name: string
  readonly EndpointID: string
  readonly MacAddress: string
  IPv4Address: string
  IPv6Address: string
}

/**
 * A network in lists and on inspection.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Network/operation/NetworkInspect
 */
export interface Network {
  readonly Name: string
  readonly Id: string
  readonly Created: string
  readonly Scope: string
  readonly Driver: string
  EnableIPv4: boolean
  EnableIPv6: boolean
  readonly IPAM: Ipam
  readonly Internal: boolean
  readonly Attachable: boolean
  readonly Ingress: boolean
  readonly ConfigFrom: { Network: string }
  readonly ConfigOnly: boolean
  readonly Containers: Record<string, NetworkContainer>
  readonly Options: Record<string, string>
  readonly Labels: Record<string, string>
}

/** The answer of `POST /networks/prune`. */
export interface NetworkPruneReport {
  readonly NetworksDeleted: readonly string[] | null
}
