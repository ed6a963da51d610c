import type { ContainerRecord, PortSpec } from '@ct/engine'
import { ApiError, badRequest } from '../errors.ts'
import type { PortSummary } from '../wire/container.ts'
import type { PortBinding, PortMap } from '../wire/host-config.ts'

/** Reads the published ports of a create request. `API_BAD_REQUEST` in docker's words. */
export function readPortMap(ports: PortMap | null | undefined): readonly PortSpec[] {
  return Object.entries(ports ?? {}).flatMap(([key, bindings]) => {
    const [port = '', protocol = 'tcp'] = key.split('/')
    return (bindings ?? []).map(({ HostIp, HostPort }) => ({
      protocol: readProtocol(protocol, key),
      containerPort: readPort(port),
      ...(HostIp ? { hostIp: HostIp } : {}),
      ...(HostPort ? { hostPort: readPort(HostPort) } : {}),
    }))
  })
}

/** Reads the names of exposed ports. `API_BAD_REQUEST` in docker's words. */
export function readExposedPorts(ports: Readonly<Record<string, object>> | null | undefined): readonly string[] {
  return Object.keys(ports ?? {}).map((key) => {
    const [port = '', protocol = 'tcp'] = key.split('/')
    return `${readPort(port)}/${readProtocol(protocol, key)}`
  })
}

function readProtocol(protocol: string, key: string): 'tcp' | 'udp' {
  if (protocol === 'tcp' || protocol === 'udp') return protocol
  throw badRequest(`invalid port specification: "${key}": protocol must be tcp or udp`)
}

function readPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  const hint = text.includes('-') ? 'name each port of a range' : undefined
  throw new ApiError('API_BAD_REQUEST', `invalid port specification: "${text}"`, { kind: 'invalid', hint })
}

/** The ports that were asked to be published, as `HostConfig` has them. */
export function portBindings(ports: readonly PortSpec[] | undefined): Record<string, readonly PortBinding[]> {
  const map: Record<string, PortBinding[]> = {}
  for (const { protocol, containerPort, hostIp, hostPort } of ports ?? []) {
    const key = `${containerPort}/${protocol}`
    map[key] = [...(map[key] ?? []), { HostIp: hostIp ?? '', HostPort: hostPort === undefined || hostPort === 0 ? '' : String(hostPort) }]
  }
  return map
}

/** The ports of a running container as they are; exposed ones that are not published are `null`. */
export function portMap({ spec, state, network }: ContainerRecord): PortMap {
  if (state.pid === 0) return {}
  const map: Record<string, PortBinding[] | null> = Object.fromEntries(spec.network.exposedPorts.map((port) => [port, null]))
  for (const { protocol, containerPort, hostIp, hostPort } of network.ports) {
    const key = `${containerPort}/${protocol}`
    map[key] = [...(map[key] ?? []), { HostIp: hostIp, HostPort: String(hostPort) }]
  }
  return map
}

/** The same for a list of containers. */
export function portSummaries(record: ContainerRecord): readonly PortSummary[] {
  return Object.entries(portMap(record)).flatMap(([key, bindings]) => {
    const [port, protocol] = key.split('/')
    const Type = protocol === 'udp' ? 'udp' : 'tcp'
    if (bindings === null) return [{ PrivatePort: Number(port), Type }] satisfies PortSummary[]
    return bindings.map(
      ({ HostIp = '', HostPort }) => ({ IP: HostIp, PrivatePort: Number(port), PublicPort: Number(HostPort), Type }) satisfies PortSummary,
    )
  })
}
