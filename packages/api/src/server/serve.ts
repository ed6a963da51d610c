import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '@ct/engine'
import { ApiError } from '../errors.ts'
import { ROUTES } from '../routes.ts'
import { type Dispatch, dispatch } from './dispatch.ts'
import { type Listener, listen } from './listen.ts'
import { createRouter } from './router.ts'

const MAX_HEADER_BYTES = 256 << 10
const KEEP_ALIVE_MS = 60_000

/** Where and how to serve. */
export interface ServeOptions {
  /** `unix:///path/of/socket` or `tcp://127.0.0.1:port`; port 0 is a free one. */
  readonly listen: readonly string[]
  /** Hears one line about every request that failed for a reason that is not the client's. */
  readonly onLog?: ((line: string) => void) | undefined
}

/** What is going on at a server. */
export interface ApiActivity {
  /** Requests that are not answered to the end. */
  readonly openRequests: number
  /** When the last one came, in milliseconds since 1970; when the server started, if none did. */
  readonly lastRequestAtMs: number
}

/** A server of the Engine API. */
export interface ApiServer extends AsyncDisposable {
  /** As clients name them, in the order they were asked for. */
  readonly addresses: readonly string[]
  activity(): ApiActivity
  /** Takes no new requests, ends streams, and lets short requests finish. @default drainMs 2000 */
  close(options?: { readonly drainMs?: number | undefined }): Promise<void>
}

/**
 * Serves an engine over the Docker Engine API. `API_BAD_ADDRESS`, `API_ADDRESS_IN_USE`; nothing stays open then.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/
 */
export async function serve(engine: Engine, { listen: addresses, onLog = () => undefined }: ServeOptions): Promise<ApiServer> {
  const server = new EngineServer(engine, onLog)
  try {
    for (const address of addresses) await server.open(address)
  } catch (error) {
    await server.close()
    throw error
  }
  return server
}

class EngineServer implements ApiServer {
  readonly #dispatch: Dispatch
  readonly #underway = new Set<AbortController>()
  readonly #listeners: (Listener & { readonly server: Server })[] = []
  #openRequests = 0
  #lastRequestAtMs = Date.now()

  constructor(engine: Engine, onLog: (line: string) => void) {
    this.#dispatch = { engine, router: createRouter(ROUTES), underway: this.#underway, onLog }
  }

  get addresses(): readonly string[] {
    return this.#listeners.map(({ address }) => address)
  }

  async open(address: string): Promise<void> {
    const server = createServer(
      // An upload may take as long as it takes, and clients of a local socket send no Host.
      { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0, requireHostHeader: false },
      (request, response) => void this.#answer(request, response),
    )
    this.#listeners.push({ ...(await listen(server, address)), server })
  }

  activity(): ApiActivity {
    return { openRequests: this.#openRequests, lastRequestAtMs: this.#lastRequestAtMs }
  }

  async close({ drainMs = 2000 }: { readonly drainMs?: number | undefined } = {}): Promise<void> {
    const listeners = this.#listeners.splice(0)
    const closed = Promise.all(listeners.map(({ server }) => new Promise((resolve) => server.close(resolve))))
    const reason = new ApiError('API_CONNECTION_LOST', 'the daemon is shutting down', { kind: 'unavailable' })
    for (const controller of this.#underway) controller.abort(reason)
    const drained = new AbortController()
    await Promise.race([closed, sleep(drainMs, undefined, { signal: drained.signal })])
    drained.abort()
    for (const { server } of listeners) server.closeAllConnections()
    await closed
    await Promise.all(listeners.map((listener) => listener.release()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#openRequests++
    this.#lastRequestAtMs = Date.now()
    try {
      await dispatch(this.#dispatch, request, response)
    } finally {
      this.#openRequests--
    }
  }
}
