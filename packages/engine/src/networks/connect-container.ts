import type { HostsEntry } from '@ct/network'
import type { ContainerContext } from '../containers/container-context.ts'
import type { ContainerNetwork, ContainerRecord } from '../containers/container-record.ts'
import { disconnected } from '../containers/disconnected.ts'
import { writeNetworkFiles, writePeers } from './network-files.ts'

/** Connects a container that is set up but does not run yet, and writes its name files. */
export async function connectContainer(context: ContainerContext, record: ContainerRecord, pid: number): Promise<ContainerNetwork> {
  const { mode } = record.spec.network
  if (mode !== 'bridge') return disconnected(mode)
  const { endpointId, ipAddress, prefixLength, gateway, macAddress, ports } = await context.bridge.attach(record, pid)
  const network = { mode, endpointId, ipAddress, prefixLength, gateway, macAddress, ports }
  writeNetworkFiles({ ...record, network })
  return network
}

/** Releases what {@link connectContainer} took. */
export async function disconnectContainer({ bridge }: ContainerContext, { id, spec }: ContainerRecord): Promise<void> {
  if (spec.network.mode === 'bridge') await bridge.detach(id)
}

/** Lets the running containers of the bridge find each other by name. */
export function tellPeers({ table }: ContainerContext): void {
  const connected = [...table].filter(({ isUp, record }) => isUp && record.network.ipAddress !== '').map(({ record }) => record)
  for (const record of connected) writePeers(record, connected.filter(({ id }) => id !== record.id).map(asPeer))
}

function asPeer({ network, name, id, spec }: ContainerRecord): HostsEntry {
  const names = [name, spec.hostname, id.slice(0, 12), ...(spec.network.aliases ?? [])]
  return { address: network.ipAddress, names: [...new Set(names)] }
}
