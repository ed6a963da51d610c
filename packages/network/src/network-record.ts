import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasErrno } from '@ct/errors'
import type { Endpoint } from './endpoint.ts'
import { NetworkError } from './errors.ts'
import { parseAddress, parseSubnet } from './ipv4.ts'
import { parseMacAddress } from './mac-address.ts'

/** What is remembered of a bridge network. */
export interface NetworkState {
  readonly version: 1
  readonly bridge: string
  readonly subnet: string
  readonly endpoints: readonly Endpoint[]
}

/**
 * The record of a network: one JSON file, replaced atomically. It is not synced to disk: after a crash of the machine
 * neither the containers nor the interfaces it tells of exist.
 */
export class NetworkRecord {
  readonly #path: string
  #last: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** Reads the record; undefined when there is none. Throws `NETWORK_RECORD_CORRUPT`. */
  async read(): Promise<NetworkState | undefined> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return undefined
      throw error
    }
    try {
      const state: unknown = JSON.parse(text)
      if (isState(state)) return state
    } catch (cause) {
      if (!(cause instanceof SyntaxError || cause instanceof NetworkError)) throw cause
    }
    throw new NetworkError('NETWORK_RECORD_CORRUPT', `${this.#path} is not a network record of version 1`, {
      kind: 'corrupt',
      hint: 'stop the containers of this network and remove the file',
    })
  }

  /** Replaces the record; writes happen one after the other, each with what `state` gives when its turn comes. */
  write(state: () => NetworkState): Promise<void> {
    const writing = this.#last.then(() => this.#replace(state()))
    this.#last = writing.catch(() => undefined)
    return writing
  }

  async remove(): Promise<void> {
    await this.#last
    await rm(this.#path, { force: true })
  }

  async #replace(state: NetworkState): Promise<void> {
    const temporary = `${this.#path}.${process.pid}.tmp`
    await mkdir(dirname(this.#path), { recursive: true })
    try {
      await writeFile(temporary, `${JSON.stringify(state, undefined, 2)}\n`)
      await rename(temporary, this.#path)
    } finally {
      await rm(temporary, { force: true })
    }
  }
}

function isState(value: unknown): value is NetworkState {
  const state = value as Partial<NetworkState> | null
  if (typeof state !== 'object' || state === null || state.version !== 1) return false
  if (typeof state.bridge !== 'string' || typeof state.subnet !== 'string' || !Array.isArray(state.endpoints)) return false
  parseSubnet(state.subnet)
  return state.endpoints.every(isEndpoint)
}

/** Whether it can be taken over; the addresses are parsed, which throws. */
function isEndpoint(value: unknown): boolean {
  const endpoint = value as Partial<Endpoint> | null
  if (typeof endpoint?.containerId !== 'string' || !/^[0-9a-f]{64}$/.test(endpoint.endpointId ?? '')) return false
  parseAddress(endpoint.ipAddress ?? '')
  parseMacAddress(endpoint.macAddress ?? '')
  return Array.isArray(endpoint.ports) && endpoint.ports.every((port) => Number.isInteger(port?.hostPort) && parseAddress(port.hostIp) >= 0)
}
