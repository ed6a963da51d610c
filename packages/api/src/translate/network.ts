import type { NetworkEndpoint, NetworkRecord } from '@ct/engine'
import type { Network, NetworkContainer } from '../wire/network.ts'

/** A network as `docker network inspect` shows it. */
export function networkOf(record: NetworkRecord): Network {
  return {
    Name: record.name,
    Id: record.id,
    Created: record.createdAt,
    Scope: 'local',
    Driver: record.driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: {
      Driver: 'default',
      Options: null,
      Config: record.subnet === '' ? [] : [{ Subnet: record.subnet, Gateway: record.gateway }],
    },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(record.endpoints.map((endpoint) => [endpoint.containerId, networkContainerOf(endpoint)])),
    Options:
      record.bridge === '' ? {} : { 'com.docker.network.bridge.default_bridge': 'true', 'com.docker.network.bridge.name': record.bridge },
    Labels: {},
  }
}

function networkContainerOf(endpoint: NetworkEndpoint): NetworkContainer {
  return {
    Name: endpoint.name,
    EndpointID: endpoint.endpointId,
    MacAddress: endpoint.macAddress,
    IPv4Address: endpoint.ipAddress === '' ? '' : `${endpoint.ipAddress}/${endpoint.prefixLength}`,
    IPv6Address: '',
  }
}
