import type { RequestListener } from 'node:http'
import { ContentStore, type ImageStore } from '@ct/image'
import type { TokenIssuer } from './access/token-issuer.ts'
import { createRegistry, type RegistryHandler, type RegistryOptions } from './create-registry.ts'
import { answerText } from './exchange.ts'
import { ListeningServer } from './listening-server.ts'
import { Metrics } from './operations/metrics.ts'
import { type Webhook, Webhooks } from './operations/webhooks.ts'
import type { TlsFiles } from './tls-files.ts'

/** Options of {@link serveRegistry}, besides those of `createRegistry`. */
export interface ServeRegistryOptions extends Omit<RegistryOptions, 'store'> {
  /** Directory of the content store; made when it is missing. Needed unless there is a `store`. */
  readonly root?: string | undefined
  /** Another store than one in a directory. */
  readonly store?: ImageStore | undefined
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
  /** Compares the index of referrers with the manifests, and mends it when told to. */
  readonly checkReferrers: RegistryHandler['checkReferrers']
  /** Stops listening, lets the requests under way end, for so long at most, and discards unfinished uploads. @default 10,000 */
  close(graceMs?: number): Promise<void>
}

/**
 * Serves a registry. Rejects with the system's error when the port is taken, and DistributionError `DISTRIBUTION_BAD_TLS` for files that
 * do not do.
 */
export async function serveRegistry(options: ServeRegistryOptions): Promise<RunningRegistry> {
  const { root, store = await ContentStore.open(rootOf(root)), host = '127.0.0.1', port = 5000, tls } = options
  const { webhooks = [], tokenIssuer, hasMetrics = false, onError = () => undefined } = options
  const metrics = new Metrics()
  const hooks = new Webhooks(webhooks, { onError })
  const registry = createRegistry({
    ...options,
    store,
    onEvent: (event) => {
      hooks.send(event)
      options.onEvent?.(event)
    },
    onRequest: (record) => {
      metrics.add(record)
      options.onRequest?.(record)
    },
  })
  const listener = withExtras(registry, { tokenIssuer, metrics: hasMetrics ? metrics : undefined, onError })
  const server = await ListeningServer.start(listener, { host, port, tls, onError })
  const close = async (graceMs = 10_000): Promise<void> => {
    await server.close(graceMs)
    await registry[Symbol.asyncDispose]()
    await hooks[Symbol.asyncDispose]()
  }
  const { collect, checkReferrers } = registry
  return { url: server.url, collect, checkReferrers, close, [Symbol.asyncDispose]: () => close() }
}

function rootOf(root: string | undefined): string {
  if (root === undefined) throw new TypeError('serveRegistry needs a root or a store')
  return root
}

/** What is served beside the registry. */
function withExtras(
  registry: RegistryHandler,
  {
    tokenIssuer,
    metrics,
    onError,
  }: {
    readonly tokenIssuer: TokenIssuer | undefined
    readonly metrics: Metrics | undefined
    readonly onError: (error: unknown) => void
  },
): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0]
    if (path === '/healthz') return answerText(response, 'ok\n', { 'content-type': 'text/plain' })
    if (path === '/metrics' && metrics !== undefined)
      return answerText(response, metrics.text(), { 'content-type': 'text/plain; version=0.0.4' })
    if (path === '/token' && tokenIssuer !== undefined) return tokenIssuer.handle(request, response, onError)
    if (path === '/token/keys' && tokenIssuer !== undefined)
      return answerText(response, JSON.stringify(tokenIssuer.keySet), { 'content-type': 'application/jwk-set+json' })
    return registry(request, response)
  }
}
