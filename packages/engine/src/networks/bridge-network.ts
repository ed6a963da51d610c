import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BridgeDriver, type Endpoint } from '@ct/network'
import type { ContainerRecord } from '../containers/container-record.ts'

const DEFAULT_ROOT = '/var/lib/ct'
const DEFAULT_NAME = 'ct0'

/** The bridge of an engine, made when the first container needs it and removed when the engine closes with none on it. */
export class BridgeNetwork {
  readonly #stateDirectory: string
  readonly #name: string
  #driver: Promise<BridgeDriver> | undefined

  constructor(root: string) {
    this.#stateDirectory = join(root, 'networks', 'bridge')
    // Several engines side by side have a bridge each; a name has room for 15 characters.
    const digest = createHash('sha256').update(root).digest('hex')
    this.#name = root === DEFAULT_ROOT ? DEFAULT_NAME : `ct-${digest.slice(0, 10)}`
  }

  get isOpen(): boolean {
    return this.#driver !== undefined
  }

  /** Whether an engine before this one used the bridge. */
  get hasState(): boolean {
    return existsSync(this.#stateDirectory)
  }

  /** The driver; opened once, and again after a failure. */
  driver(): Promise<BridgeDriver> {
    this.#driver ??= BridgeDriver.open({ stateDirectory: this.#stateDirectory, name: this.#name }).catch((error: unknown) => {
      this.#driver = undefined
      throw error
    })
    return this.#driver
  }

  /** Connects the network namespace of a container and publishes its ports. */
  async attach({ id, spec }: ContainerRecord, pid: number): Promise<Endpoint> {
    const { ports = [], publishAll = false, exposedPorts, ipAddress, macAddress } = spec.network
    const published = new Set(ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`))
    const exposed = publishAll ? exposedPorts.filter((port) => !published.has(port)) : []
    const requests = [
      ...ports,
      ...exposed.map((port) => ({
        containerPort: Number.parseInt(port, 10),
        protocol: port.endsWith('/udp') ? ('udp' as const) : ('tcp' as const),
      })),
    ]
    return (await this.driver()).attach({ containerId: id, pid, ports: requests, ipAddress, macAddress })
  }

  /** Releases what a container had; nothing when it had nothing. */
  async detach(containerId: string): Promise<void> {
    await (await this.driver()).detach(containerId)
  }

  /** Drops what containers left that are gone. */
  async restore(live: readonly string[]): Promise<void> {
    await (await this.driver()).restore(live)
  }

  /** Removes the bridge. */
  async destroy(): Promise<void> {
    const driver = this.#driver
    this.#driver = undefined
    await (await driver)?.destroy()
  }
}
