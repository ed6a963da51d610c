import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ImageStore } from '@ct/image'
import { answerError, asDistributionError } from './error-answer.ts'
import { DistributionError } from './errors.ts'
import { findEndpoint } from './routes.ts'
import { Uploads } from './uploads.ts'

/** Options of {@link createRegistry}. */
export interface RegistryOptions {
  /** Where blobs and references are kept: a `ContentStore`, or a `MemoryStore` for tests. */
  readonly store: ImageStore
  /** Registry name under which the store keeps the references, as in `localhost/team/app:1`. @default 'localhost' */
  readonly storeName?: string | undefined
  /** An upload that nobody touches for so long is discarded. @default 3,600,000 */
  readonly uploadIdleMs?: number | undefined
  /** Uploads under way at once. @default 1,000 */
  readonly uploadLimit?: number | undefined
  /** Hears what went wrong on our side. @default nothing */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** A registry as a listener for `node:http`; disposing discards the uploads under way. */
export type RegistryHandler = ((request: IncomingMessage, response: ServerResponse) => void) & AsyncDisposable

/**
 * Makes a registry that speaks pull and push of the distribution spec. There are no accounts: whoever reaches it may read and write, and
 * a blob pushed to one repository can be read through every other.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export function createRegistry(options: RegistryOptions): RegistryHandler {
  const { store, storeName = 'localhost', uploadIdleMs = 3_600_000, uploadLimit = 1000, onError = () => undefined } = options
  const uploads = new Uploads(store, { idleMs: uploadIdleMs, limit: uploadLimit, onError })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('docker-distribution-api-version', 'registry/2.0')
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    try {
      const url = parseTarget(request.url)
      const found = findEndpoint(request.method ?? 'GET', url.path)
      if (found === undefined) throw new DistributionError('DISTRIBUTION_NAME_UNKNOWN', `there is nothing at ${url.path.slice(0, 300)}`)
      const { endpoint, repository, reference } = found
      await endpoint({ request, response, query: url.query, store, uploads, storeName, repository, reference, signal: gone.signal })
    } catch (error) {
      const known = asDistributionError(error)
      if (known === undefined && !gone.signal.aborted) onError(error)
      answerError(request, response, known)
    }
  }

  return Object.assign((request: IncomingMessage, response: ServerResponse) => void serve(request, response), {
    [Symbol.asyncDispose]: () => uploads[Symbol.asyncDispose](),
  })
}

/** Path, with its escapes read, and query of a request; a path that cannot be read is nowhere. */
function parseTarget(target = '/'): { readonly path: string; readonly query: URLSearchParams } {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1))
  try {
    return { path: decodeURIComponent(path), query }
  } catch (cause) {
    throw new DistributionError('DISTRIBUTION_NAME_INVALID', 'the path has a malformed escape', { cause })
  }
}
