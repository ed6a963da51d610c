import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { DistributionError } from './errors.ts'
import { readTls, type TlsFiles, versionOfTls } from './tls-files.ts'

/** What a server has patience for. */
export interface ServerLimits {
  /** The headers of a request must be whole after so long. @default 15,000 */
  readonly headersMs?: number | undefined
  /** A body may be large and a line slow; a connection that brings and takes nothing for so long is given up. @default 120,000 */
  readonly idleMs?: number | undefined
  /** Between looks at the connections and at the files of TLS. @default 5000 */
  readonly checkMs?: number | undefined
}

/** Options of {@link ListeningServer.start}. */
export interface ListeningServerOptions {
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  readonly tls?: TlsFiles | undefined
  readonly limits?: ServerLimits | undefined
  readonly onError: (error: unknown) => void
}

const MOST_HEADER_BYTES = 32 * 1024

/** A server for HTTP or HTTPS that bounds what a client may cost, follows its certificate's files and ends in bounded time. */
export class ListeningServer {
  /** As in `http://127.0.0.1:5000`. */
  readonly url: string
  readonly #server: Server | TlsServer
  readonly #stopReloading: () => void

  private constructor(server: Server | TlsServer, url: string, stopReloading: () => void) {
    this.#server = server
    this.url = url
    this.#stopReloading = stopReloading
  }

  /** Rejects with the system's error when the port is taken, and DistributionError `DISTRIBUTION_BAD_TLS` for files that do not do. */
  static async start(listener: RequestListener, options: ListeningServerOptions): Promise<ListeningServer> {
    const { host, port, tls, limits: { headersMs = 15_000, idleMs = 120_000, checkMs = 5000 } = {}, onError } = options
    const settings = {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: headersMs,
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(headersMs, checkMs),
    }
    const server = tls === undefined ? createServer(settings, listener) : await createSecureServer(tls, settings, listener)
    server.setTimeout(idleMs)
    server.on('clientError', refuse)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
    const stopReloading = tls === undefined ? () => undefined : await reloadTls(server as TlsServer, tls, { checkMs, onError })
    return new ListeningServer(server, urlOf(server, host, tls !== undefined), stopReloading)
  }

  /** Lets the requests under way end, for so long at most. */
  async close(graceMs: number): Promise<void> {
    this.#stopReloading()
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeIdleConnections()
    const patience = new AbortController()
    const late = setTimeout(graceMs, 'late', { signal: patience.signal }).catch(() => undefined)
    if ((await Promise.race([closed, late])) === 'late') this.#server.closeAllConnections()
    patience.abort()
    await closed
  }
}

async function createSecureServer(tls: TlsFiles, settings: object, listener: RequestListener): Promise<TlsServer> {
  const context = await readTls(tls)
  const isMutual = tls.clientAuthoritiesPath !== undefined
  try {
    return createTlsServer({ ...settings, ...context, requestCert: isMutual, rejectUnauthorized: isMutual }, listener)
  } catch (cause) {
    throw new DistributionError('DISTRIBUTION_BAD_TLS', `${tls.certificatePath} and ${tls.keyPath} are no pair: ${String(cause)}`, {
      cause,
    })
  }
}

/** A broken pair of files leaves the last good one in use. */
async function reloadTls(
  server: TlsServer,
  tls: TlsFiles,
  { checkMs, onError }: { readonly checkMs: number; readonly onError: (error: unknown) => void },
): Promise<() => void> {
  let version = await versionOfTls(tls)
  const check = async (): Promise<void> => {
    const now = await versionOfTls(tls)
    if (now === version) return
    server.setSecureContext(await readTls(tls))
    version = now
  }
  const timer = setInterval(() => void check().catch(onError), checkMs).unref()
  return () => clearInterval(timer)
}

const REFUSALS: Readonly<Record<string, { readonly status: string; readonly code: string; readonly message: string }>> = {
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', code: 'SIZE_INVALID', message: 'the headers are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', code: 'UNSUPPORTED', message: 'the request took too long' },
}
const MALFORMED = { status: '400 Bad Request', code: 'UNSUPPORTED', message: 'not a request that can be read' }

/** What cannot be parsed as a request reaches no endpoint; it is answered as the spec wants all the same. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const { status, code, message } = REFUSALS[error.code ?? ''] ?? MALFORMED
  const body = JSON.stringify({ errors: [{ code, message }] })
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
}

function urlOf(server: Server | TlsServer, host: string, isSecure: boolean): string {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return `${isSecure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
