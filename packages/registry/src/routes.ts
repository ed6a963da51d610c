import { isRepositoryName } from '@ct/image'
import type { Access, Action } from './access/gatekeeper.ts'
import { deleteBlob, getBlob } from './endpoints/blobs.ts'
import { browseRepositories, browseRepository } from './endpoints/browse.ts'
import { listRepositories } from './endpoints/catalog.ts'
import { deleteManifest, getManifest } from './endpoints/manifests.ts'
import { putManifest } from './endpoints/put-manifest.ts'
import { listReferrers } from './endpoints/referrers.ts'
import { listTags } from './endpoints/tags.ts'
import { appendUpload, cancelUpload, finishUpload, startUpload, tellUpload } from './endpoints/upload-endpoints.ts'
import { DistributionError } from './errors.ts'
import { answerEmpty, type Exchange } from './exchange.ts'

/** Does what a request asks for. */
export type Endpoint = (exchange: Exchange) => Promise<void> | void

interface Method {
  readonly endpoint: Endpoint
  /** What the caller must be allowed; `undefined` only asks who they are. */
  readonly action: Action | undefined
}

interface Route {
  /** What it is called in metrics and logs. */
  readonly name: string
  /** The path; its groups are the repository and what follows it. */
  readonly pattern: RegExp
  readonly methods: Readonly<Record<string, Method>>
}

const greeting: Method = { endpoint: greet, action: undefined }
const list = (endpoint: Endpoint, action: Action): Readonly<Record<string, Method>> => ({ GET: { endpoint, action } })
const read = (endpoint: Endpoint): Readonly<Record<string, Method>> => ({
  GET: { endpoint, action: 'pull' },
  HEAD: { endpoint, action: 'pull' },
})

/**
 * The endpoints of the spec, the catalog, which docker's registry added, and pages for people.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
 */
const routes: readonly Route[] = [
  { name: 'base', pattern: /^\/v2\/?$/, methods: { GET: greeting, HEAD: greeting } },
  { name: 'catalog', pattern: /^\/v2\/_catalog$/, methods: list(listRepositories, 'list') },
  { name: 'uploads', pattern: /^\/v2\/(.+)\/blobs\/uploads\/?$/, methods: { POST: { endpoint: startUpload, action: 'push' } } },
  {
    name: 'upload',
    pattern: /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/,
    methods: {
      GET: { endpoint: tellUpload, action: 'push' },
      PATCH: { endpoint: appendUpload, action: 'push' },
      PUT: { endpoint: finishUpload, action: 'push' },
      DELETE: { endpoint: cancelUpload, action: 'push' },
    },
  },
  {
    name: 'blob',
    pattern: /^\/v2\/(.+)\/blobs\/([^/]+)$/,
    methods: { ...read(getBlob), DELETE: { endpoint: deleteBlob, action: 'delete' } },
  },
  {
    name: 'manifest',
    pattern: /^\/v2\/(.+)\/manifests\/([^/]+)$/,
    methods: {
      ...read(getManifest),
      PUT: { endpoint: putManifest, action: 'push' },
      DELETE: { endpoint: deleteManifest, action: 'delete' },
    },
  },
  { name: 'tags', pattern: /^\/v2\/(.+)\/tags\/list$/, methods: list(listTags, 'pull') },
  { name: 'page', pattern: /^\/$/, methods: list(browseRepositories, 'list') },
  { name: 'page', pattern: /^\/_\/(.+)$/, methods: list(browseRepository, 'pull') },
  { name: 'referrers', pattern: /^\/v2\/(.+)\/referrers\/([^/]+)$/, methods: list(listReferrers, 'pull') },
]

/** What a request is for. */
export interface Destination {
  readonly route: string
  readonly endpoint: Endpoint
  readonly repository: string
  readonly reference: string
  readonly needed: Access | undefined
}

/**
 * What a request names, when there is such a place here.
 * @throws DistributionError `DISTRIBUTION_UNSUPPORTED`, `DISTRIBUTION_NAME_INVALID`
 */
export function findEndpoint(method: string, path: string): Destination | undefined {
  for (const { name, pattern, methods } of routes) {
    const match = pattern.exec(path)
    if (match === null) continue
    const found = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (found === undefined) {
      const headers = { allow: Object.keys(methods).join(', ') }
      throw new DistributionError('DISTRIBUTION_UNSUPPORTED', `${method} is not possible here`, { headers })
    }
    const [, repository = '', reference = ''] = match
    if (repository !== '' && !isRepositoryName(repository)) {
      throw new DistributionError('DISTRIBUTION_NAME_INVALID', `not the name of a repository: ${repository.slice(0, 300)}`)
    }
    const needed = found.action === undefined ? undefined : { repository, action: found.action }
    return { route: name, endpoint: found.endpoint, repository, reference, needed }
  }
  return undefined
}

function greet(exchange: Exchange): void {
  answerEmpty(exchange, 200, { 'content-type': 'application/json' })
}
