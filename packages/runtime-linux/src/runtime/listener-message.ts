import type { LinuxSeccomp } from '@ct/seccomp'
import type { ContainerRecord } from './record.ts'
import { stateOf } from './state-of.ts'

/** Who is asked about system calls, as the record keeps it. */
export interface Listener {
  readonly path: string
  readonly metadata: string
}

/** The listener of a filter. */
export function listenerOf(path: string, { listenerMetadata = '' }: LinuxSeccomp): Listener {
  return { path, metadata: listenerMetadata }
}

/**
 * What comes with the listener, once the process has an id; undefined when nobody is asked.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#containerprocessstate
 */
export function listenerMessage(record: ContainerRecord, pid = record.pid): Uint8Array | undefined {
  if (record.listener === undefined) return undefined
  const { metadata } = record.listener
  const state = { ociVersion: record.ociVersion, fds: ['seccompFd'], pid, metadata, state: stateOf(record, 'creating') }
  return Buffer.from(JSON.stringify(state))
}
