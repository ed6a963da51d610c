import { createServer } from 'node:http'
import { ContentStore } from '@ct/image'
import { createRegistry } from './create-registry.ts'

/** Options of {@link serveRegistry}. */
export interface ServeRegistryOptions {
  /** Directory of the content store; made when it is missing. */
  readonly root: string
  /** @default '127.0.0.1' */
  readonly host?: string | undefined
  /** 0 picks a free one. @default 5000 */
  readonly port?: number | undefined
  /** Hears what went wrong on our side. @default nothing */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** A registry that listens. */
export interface RunningRegistry extends AsyncDisposable {
  /** As in `http://127.0.0.1:5000`. */
  readonly url: string
  /** Stops listening, lets the requests under way end, and discards unfinished uploads. */
  close(): Promise<void>
}

/** Serves a registry whose images lie in a directory. Rejects with the system's error when the port is taken. */
export async function serveRegistry({ root, host = '127.0.0.1', port = 5000, onError }: ServeRegistryOptions): Promise<RunningRegistry> {
  const registry = createRegistry({ store: await ContentStore.open(root), onError })
  const server = createServer({ requestTimeout: 0 }, registry)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeIdleConnections()
    await closed
    await registry[Symbol.asyncDispose]()
  }
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, close, [Symbol.asyncDispose]: close }
}
