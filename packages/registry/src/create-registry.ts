import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ImageStore, isInternalReference } from '@ct/image'
import { type Gatekeeper, OPEN_GATE } from './access/gatekeeper.ts'
import { RequestRates, type UserLimits } from './access/user-limits.ts'
import { BodyMemory } from './body-memory.ts'
import { answerError, asDistributionError } from './error-answer.ts'
import { DistributionError } from './errors.ts'
import type { RegistryState } from './exchange.ts'
import { ManifestBytes } from './manifest-bytes.ts'
import { ManifestFacts } from './manifest-facts.ts'
import { type CheckReferrersOptions, checkReferrers, type ReferrerProblem } from './operations/check-referrers.ts'
import { type Collected, type CollectOptions, collectGarbage } from './operations/collect-garbage.ts'
import type { RegistryEvent } from './operations/registry-event.ts'
import type { RequestRecord } from './operations/request-record.ts'
import { ReferrerIndex } from './referrer-index.ts'
import { Repository } from './repository.ts'
import { RepositoryLocks } from './repository-locks.ts'
import { type Destination, findEndpoint } from './routes.ts'
import { Uploads } from './uploads.ts'
import { Upstream, type UpstreamOptions } from './upstream.ts'

/** Options of {@link createRegistry}. */
export interface RegistryOptions {
  /** Where blobs and references are kept: a `ContentStore`, or a `MemoryStore` for tests. */
  readonly store: ImageStore
  /** Registry name under which the store keeps the references, as in `localhost/team/app:1`. @default 'localhost' */
  readonly storeName?: string | undefined
  /** Decides who may do what. @default everybody may do everything */
  readonly gatekeeper?: Gatekeeper | undefined
  /** Refuse whatever changes something. @default false */
  readonly isReadOnly?: boolean | undefined
  /** Take manifests that name blobs or manifests which are not here. @default false */
  readonly isSparse?: boolean | undefined
  /** Bytes of blobs that pushes may bring a repository to; what comes from upstream does not count. @default no limit */
  readonly maxRepositoryBytes?: number | undefined
  /**
   * Take what is missing here from another registry, and keep it. Such a registry takes no pushes, and lists the tags and referrers that
   * it has.
   */
  readonly upstream?: UpstreamOptions | undefined
  /** An upload that nobody touches for so long is discarded. @default 3,600,000 */
  readonly uploadIdleMs?: number | undefined
  /** Uploads under way at once. @default 1,000 */
  readonly uploadLimit?: number | undefined
  /** What one user may ask for; more is answered with TOOMANYREQUESTS. @default no limits */
  readonly userLimits?: UserLimits | undefined
  /** Hears what went wrong on our side. @default nothing */
  readonly onError?: ((error: unknown) => void) | undefined
  /** Hears of every push, pull and deletion of a manifest. @default nothing */
  readonly onEvent?: ((event: RegistryEvent) => void) | undefined
  /** Hears of every request once it is answered. @default nothing */
  readonly onRequest?: ((record: RequestRecord) => void) | undefined
}

/** A registry as a listener for `node:http`; disposing discards the uploads under way. */
export interface RegistryHandler extends AsyncDisposable {
  (request: IncomingMessage, response: ServerResponse): void
  /** Removes what no manifest needs, while it serves. */
  collect(options?: CollectOptions): Promise<Collected>
  /** Compares the index of referrers with the manifests, and tells of what was wrong; mends it when told to. */
  checkReferrers(options?: CheckReferrersOptions): Promise<readonly ReferrerProblem[]>
}

/**
 * Makes a registry that speaks the whole distribution spec. What is pushed to one repository is seen in no other, until it is mounted
 * there.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export function createRegistry(options: RegistryOptions): RegistryHandler {
  const { gatekeeper = OPEN_GATE, isReadOnly = false, upstream, onError = () => undefined, onRequest = () => undefined } = options
  const state = stateOf(options, onError)
  const rates = new RequestRates(options.userLimits)
  const mayWrite = !isReadOnly && upstream === undefined

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('docker-distribution-api-version', 'registry/2.0')
    const found: Findings = {}
    const signal = watch(request, response, { found, onRequest, onError })
    try {
      const url = parseTarget(request.url)
      found.destination = findEndpoint(request.method ?? 'GET', url.path)
      if (found.destination === undefined)
        throw new DistributionError('DISTRIBUTION_NAME_UNKNOWN', `there is nothing at ${url.path.slice(0, 300)}`)
      const { endpoint, repository: name, reference, needed } = found.destination
      const admission = await gatekeeper.admit(request.headers.authorization, needed)
      found.user = admission.user
      const caller = admission.user ?? request.socket.remoteAddress ?? ''
      rates.spend(caller)
      if (!mayWrite && (needed?.action === 'push' || needed?.action === 'delete'))
        throw new DistributionError('DISTRIBUTION_UNSUPPORTED', 'this registry is read-only')
      const repository = state.openRepository(name)
      await endpoint({ request, response, query: url.query, registry: state, repository, reference, admission, caller, signal })
    } catch (error) {
      const known = asDistributionError(error, request.method)
      if ((known === undefined || known.status > 500) && !signal.aborted) onError(error)
      answerError(request, response, known)
    }
  }

  return Object.assign((request: IncomingMessage, response: ServerResponse) => void serve(request, response), {
    collect: (collectOptions?: CollectOptions) => collectGarbage(state, collectOptions),
    checkReferrers: (checkOptions?: CheckReferrersOptions) => checkReferrers(state, checkOptions),
    [Symbol.asyncDispose]: () => state.uploads[Symbol.asyncDispose](),
  })
}

/** What is found out about a request on its way. */
interface Findings {
  destination?: Destination | undefined
  user?: string | undefined
}

interface Listeners {
  readonly onRequest: (record: RequestRecord) => void
  readonly onError: (error: unknown) => void
}

/** Tells of a request when it has ended, and aborts the work on it when the client goes away. */
function watch(
  request: IncomingMessage,
  response: ServerResponse,
  { found, onRequest, onError }: { readonly found: Findings } & Listeners,
): AbortSignal {
  const gone = new AbortController()
  const startedAtMs = performance.now()
  const { remoteAddress } = request.socket
  response.on('close', () => {
    gone.abort()
    const { route = 'none', repository = '' } = found.destination ?? {}
    const record = {
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      route,
      repository,
      status: response.statusCode,
      durationMs: performance.now() - startedAtMs,
      sentBytes: Number(response.getHeader('content-length') ?? 0),
      isWhole: response.writableFinished,
      user: found.user,
      remoteAddress,
    }
    telling(() => onRequest(record), onError)
  })
  return gone.signal
}

function stateOf(options: RegistryOptions, onError: (error: unknown) => void): RegistryState {
  const { store, storeName = 'localhost', isSparse = false, maxRepositoryBytes = Number.POSITIVE_INFINITY } = options
  const { uploadIdleMs = 3_600_000, uploadLimit = 1000, userLimits, upstream, onEvent = () => undefined } = options
  const ownerLimit = userLimits?.uploads ?? Number.POSITIVE_INFINITY
  if (isInternalReference(`${storeName}/`)) throw new TypeError(`${storeName} cannot be the name of a registry: .ct.invalid is reserved`)
  const facts = new ManifestFacts(store)
  const referrers = new ReferrerIndex({ store, facts }, storeName)
  return {
    store,
    isSparse,
    maxRepositoryBytes,
    facts,
    referrers,
    locks: new RepositoryLocks(),
    bodies: new BodyMemory(),
    uploads: new Uploads(store, { idleMs: uploadIdleMs, limit: uploadLimit, ownerLimit, onError }),
    upstream: upstream === undefined ? undefined : new Upstream({ store, facts }, upstream),
    openRepository: (name) => new Repository({ store, referrers }, { storeName, name }),
    listRepositories: () => store.listRepositories(storeName),
    manifests: new ManifestBytes(store),
    emit: (event) => telling(() => onEvent(event), onError),
  }
}

/** Whoever listens must not break what they listen to. */
function telling(tell: () => void, onError: (error: unknown) => void): void {
  try {
    tell()
  } catch (error) {
    onError(error)
  }
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
