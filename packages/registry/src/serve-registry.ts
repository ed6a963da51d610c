import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { setTimeout } from 'node:timers/promises'
import { ContentStore } from '@ct/image'
import type { TokenIssuer } from './access/token-issuer.ts'
import { createRegistry, type RegistryHandler, type RegistryOptions } from './create-registry.ts'
import { DistributionError } from './errors.ts'
import { answerText } from './exchange.ts'
import { Metrics } from './operations/metrics.ts'
import { type Webhook, Webhooks } from './operations/webhooks.ts'
import { readTls, type TlsFiles, versionOfTls } from './tls-files.ts'

/** Options of {@link serveRegistry}, besides those of `createRegistry`. */
export interface ServeRegistryOptions extends Omit<RegistryOptions, 'store'> {
  /** Directory of the content store; made when it is missing. */
  readonly root: string
  /** @default '127.0.0.1' */
  readonly host?: string | undefined
  /** 0 picks a free one. @default 5000 */
  readonly port?: number | undefined
  /** Serve HTTPS; the files are read again when they change. @default HTTP */
  readonly tls?: TlsFiles | undefined
  /** Answers at `/token`, with its keys at `/token/keys`. */
  readonly tokenIssuer?: TokenIssuer | undefined
  readonly webhooks?: readonly Webhook[] | undefined
  /** Serve Prometheus metrics at `/metrics`. @default false */
  readonly hasMetrics?: boolean | undefined
}

/** A registry that listens. */
export interface RunningRegistry extends AsyncDisposable {
  /** As in `http://127.0.0.1:5000`. */
  readonly url: string
  /** Removes what no manifest needs, while it serves. */
  readonly collect: RegistryHandler['collect']
  /** Stops listening, lets the requests under way end, for so long at most, and discards unfinished uploads. @default 10,000 */
  close(graceMs?: number): Promise<void>
}

const TLS_CHECK_MS = 10_000
const SLOWEST_HEADERS_MS = 15_000
/** A body may be large and a line slow; one that brings nothing for so long is given up. */
const SLOWEST_SOCKET_MS = 120_000

/** Serves a registry whose images lie in a directory. Rejects with the system's error when the port is taken. */
export async function serveRegistry(options: ServeRegistryOptions): Promise<RunningRegistry> {
  const { root, host = '127.0.0.1', port = 5000, tls, webhooks = [], tokenIssuer, hasMetrics = false, onError = () => undefined } = options
  const metrics = new Metrics()
  const hooks = new Webhooks(webhooks, { onError })
  const registry = createRegistry({
    ...options,
    store: await ContentStore.open(root),
    onEvent: (event) => {
      hooks.send(event)
      options.onEvent?.(event)
    },
    onRequest: (record) => {
      metrics.add(record)
      options.onRequest?.(record)
    },
  })
  const listener = withExtras(registry, { tokenIssuer, metrics: hasMetrics ? metrics : undefined })
  const server = tls === undefined ? createServer(listener) : await createSecureServer(tls, listener)
  limit(server)
  await listen(server, host, port)
  const stopReloading = tls === undefined ? () => undefined : reloadTls(server as TlsServer, tls, onError)
  const close = async (graceMs = 10_000): Promise<void> => {
    stopReloading()
    await closeServer(server, graceMs)
    await registry[Symbol.asyncDispose]()
    await hooks[Symbol.asyncDispose]()
  }
  return { url: urlOf(server, host, tls !== undefined), collect: registry.collect, close, [Symbol.asyncDispose]: () => close() }
}

/** What is served beside the registry. */
function withExtras(
  registry: RegistryHandler,
  { tokenIssuer, metrics }: { readonly tokenIssuer: TokenIssuer | undefined; readonly metrics: Metrics | undefined },
): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0]
    if (path === '/healthz') return answerText(response, 'ok\n', { 'content-type': 'text/plain' })
    if (path === '/metrics' && metrics !== undefined)
      return answerText(response, metrics.text(), { 'content-type': 'text/plain; version=0.0.4' })
    if (path === '/token' && tokenIssuer !== undefined) return tokenIssuer.handle(request, response)
    if (path === '/token/keys' && tokenIssuer !== undefined)
      return answerText(response, JSON.stringify(tokenIssuer.keySet), { 'content-type': 'application/jwk-set+json' })
    return registry(request, response)
  }
}

async function createSecureServer(tls: TlsFiles, listener: RequestListener): Promise<TlsServer> {
  const context = await readTls(tls)
  const isMutual = tls.clientAuthoritiesPath !== undefined
  try {
    return createTlsServer({ ...context, requestCert: isMutual, rejectUnauthorized: isMutual }, listener)
  } catch (cause) {
    throw new DistributionError('DISTRIBUTION_BAD_TLS', `${tls.certificatePath} and ${tls.keyPath} are no pair: ${String(cause)}`, {
      cause,
    })
  }
}

/** A broken pair of files leaves the last good one in use. */
function reloadTls(server: TlsServer, tls: TlsFiles, onError: (error: unknown) => void): () => void {
  let version: string | undefined
  const check = async (): Promise<void> => {
    const now = await versionOfTls(tls)
    if (version !== undefined && now !== version) server.setSecureContext(await readTls(tls))
    version = now
  }
  const timer = setInterval(() => void check().catch(onError), TLS_CHECK_MS).unref()
  void check().catch(onError)
  return () => clearInterval(timer)
}

function limit(server: Server | TlsServer): void {
  server.requestTimeout = 0
  server.headersTimeout = SLOWEST_HEADERS_MS
  server.setTimeout(SLOWEST_SOCKET_MS)
}

async function listen(server: Server | TlsServer, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}

async function closeServer(server: Server | TlsServer, graceMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  const patience = new AbortController()
  const late = setTimeout(graceMs, 'late', { signal: patience.signal }).catch(() => undefined)
  if ((await Promise.race([closed, late])) === 'late') server.closeAllConnections()
  patience.abort()
  await closed
}

function urlOf(server: Server | TlsServer, host: string, isSecure: boolean): string {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return `${isSecure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
