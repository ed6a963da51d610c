import type { ContainerStatus, State } from '../spec/state.ts'
import type { ContainerRecord } from './record.ts'

/** What `state` answers of a container, and hooks are told. */
export function stateOf({ ociVersion, id, pid, bundle, annotations }: ContainerRecord, status: ContainerStatus): State {
  return { ociVersion, id, status, pid: status === 'stopped' ? 0 : pid, bundle, annotations }
}
