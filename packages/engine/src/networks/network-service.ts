import type { ContainerContext } from '../containers/container-context.ts'
import { EngineError, invalid } from '../errors.ts'
import { networkId } from './network-id.ts'
import type { NetworkEndpoint, NetworkRecord } from './network-record.ts'
import type { Networks } from './networks.ts'

const DRIVERS = { bridge: 'bridge', host: 'host', none: 'null' } as const
const NAMES = ['bridge', 'host', 'none'] as const

type NetworkParts = Pick<ContainerContext, 'bridge' | 'table' | 'identity'>

/** The three networks that every engine has. */
export class NetworkService implements Networks {
  readonly #parts: NetworkParts

  constructor(parts: NetworkParts) {
    this.#parts = parts
  }

  async list(): Promise<NetworkRecord[]> {
    return Promise.all(NAMES.map((name) => this.#record(name, { isAsked: false })))
  }

  async get(idOrName: string): Promise<NetworkRecord> {
    const all = await this.list()
    const exact = all.find(({ id, name }) => id === idOrName || name === idOrName)
    const matches = /^[0-9a-f]+$/.test(idOrName) ? all.filter(({ id }) => id.startsWith(idOrName)) : []
    const found = exact ?? (matches.length === 1 ? matches[0] : undefined)
    if (found !== undefined) return found.name === 'bridge' ? this.#record('bridge', { isAsked: true }) : found
    if (matches.length > 1) throw invalid(`network ${idOrName} is ambiguous (${matches.length} matches found based on ID prefix)`)
    throw new EngineError('ENGINE_NO_NETWORK', `network ${idOrName} not found`, { kind: 'not-found' })
  }

  /** Addresses of the bridge are chosen when it is made: by the first container on it, or by who asks for it. */
  async #record(name: (typeof NAMES)[number], { isAsked }: { readonly isAsked: boolean }): Promise<NetworkRecord> {
    const { identity, bridge } = this.#parts
    const { createdAt } = identity
    const id = networkId(identity.id, name)
    const endpoints = this.#endpoints(name)
    const base = { id, name, driver: DRIVERS[name], createdAt, endpoints }
    if (name !== 'bridge' || !(isAsked || bridge.isOpen)) return { ...base, subnet: '', gateway: '', bridge: '' }
    const { subnet, gateway, bridge: interfaceName } = (await bridge.driver()).info
    return { ...base, subnet, gateway, bridge: interfaceName }
  }

  #endpoints(name: string): NetworkEndpoint[] {
    return [...this.#parts.table]
      .filter(({ isUp, record }) => isUp && record.network.mode === name)
      .map(({ record: { id, name: container, network } }) => ({
        containerId: id,
        name: container,
        endpointId: network.endpointId,
        macAddress: network.macAddress,
        ipAddress: network.ipAddress,
        prefixLength: network.prefixLength,
      }))
  }
}
