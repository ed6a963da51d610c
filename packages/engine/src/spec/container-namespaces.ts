import type { LinuxNamespace } from '@ct/runtime-linux'
import type { ContainerRecord, ResolvedContainerSpec } from '../containers/container-record.ts'
import { EngineError, invalid } from '../errors.ts'

/** Finds a container whose namespaces are shared. */
export type FindContainer = (idOrName: string) => ContainerRecord

/** The namespaces of a container: new ones, none where it is the host's, and paths where it is another container's. */
export function containerNamespaces({ network, namespaces }: ResolvedContainerSpec, find: FindContainer): LinuxNamespace[] {
  const { pid = 'private', ipc = 'private', uts = 'private', cgroup = 'private' } = namespaces
  return [
    { type: 'mount' },
    ...namespace('network', network.mode, find),
    ...namespace('pid', pid, find),
    ...namespace('ipc', ipc === 'shareable' || ipc === 'none' ? 'private' : ipc, find),
    ...namespace('uts', uts, find),
    ...namespace('cgroup', cgroup, find),
  ]
}

/** The container that a mode `container:<id or name>` names. */
export function sharedContainer(mode: string): string | undefined {
  return mode.startsWith('container:') ? mode.slice('container:'.length) : undefined
}

function namespace(type: LinuxNamespace['type'], mode: string, find: FindContainer): LinuxNamespace[] {
  const shared = sharedContainer(mode)
  if (shared !== undefined) return [{ type, path: `/proc/${pidOf(find(shared))}/ns/${FILES[type] ?? type}` }]
  if (mode === 'host') return []
  if (type !== 'network' && mode !== 'private' && mode !== '') throw invalid(`invalid ${type} mode: ${mode}`)
  return [{ type }]
}

const FILES: Readonly<Partial<Record<LinuxNamespace['type'], string>>> = { network: 'net', mount: 'mnt' }

function pidOf({ id, state }: ContainerRecord): number {
  if (state.pid > 0) return state.pid
  throw new EngineError('ENGINE_NOT_RUNNING', `cannot join namespace of a non running container: container ${id} is ${state.status}`, {
    kind: 'conflict',
  })
}
