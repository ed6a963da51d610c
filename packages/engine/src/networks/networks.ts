import type { NetworkRecord } from './network-record.ts'

/** The networks of an engine: `bridge`, `host` and `none`. */
export interface Networks {
  /** By id, name or unique id prefix. `ENGINE_NO_NETWORK` (not-found). */
  get(idOrName: string): Promise<NetworkRecord>
  /** The addresses of the bridge are empty until it was needed. */
  list(): Promise<NetworkRecord[]>
}
