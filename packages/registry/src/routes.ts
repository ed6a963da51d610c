import { isRepositoryName } from '@ct/image'
import { getBlob, refuseBlobDeletion } from './blobs.ts'
import { DistributionError } from './errors.ts'
import { answerEmpty, type Exchange } from './exchange.ts'
import { deleteManifest, getManifest, putManifest } from './manifests.ts'
import { listTags } from './tags.ts'
import { appendUpload, cancelUpload, finishUpload, startUpload, tellUpload } from './upload-endpoints.ts'

/** Does what a request asks for. */
export type Endpoint = (exchange: Exchange) => Promise<void> | void

interface Route {
  /** The path; its groups are the repository and what follows it. */
  readonly pattern: RegExp
  readonly methods: Readonly<Record<string, Endpoint>>
}

/**
 * The endpoints of the spec that this registry has.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
 */
const routes: readonly Route[] = [
  { pattern: /^\/v2\/?$/, methods: { GET: greet, HEAD: greet } },
  { pattern: /^\/v2\/(.+)\/blobs\/uploads\/?$/, methods: { POST: startUpload } },
  {
    pattern: /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/,
    methods: { GET: tellUpload, PATCH: appendUpload, PUT: finishUpload, DELETE: cancelUpload },
  },
  { pattern: /^\/v2\/(.+)\/blobs\/([^/]+)$/, methods: { GET: getBlob, HEAD: getBlob, DELETE: refuseBlobDeletion } },
  {
    pattern: /^\/v2\/(.+)\/manifests\/([^/]+)$/,
    methods: { GET: getManifest, HEAD: getManifest, PUT: putManifest, DELETE: deleteManifest },
  },
  { pattern: /^\/v2\/(.+)\/tags\/list$/, methods: { GET: listTags } },
]

/** What a request names, when there is such a place here. */
export function findEndpoint(method: string, path: string): { endpoint: Endpoint; repository: string; reference: string } | undefined {
  for (const { pattern, methods } of routes) {
    const match = pattern.exec(path)
    if (match === null) continue
    const endpoint = methods[method]
    if (endpoint === undefined) throw new DistributionError('DISTRIBUTION_UNSUPPORTED', `${method} is not possible here`)
    const [, repository = '', reference = ''] = match
    if (repository !== '' && !isRepositoryName(repository)) {
      throw new DistributionError('DISTRIBUTION_NAME_INVALID', `not the name of a repository: ${repository.slice(0, 300)}`)
    }
    return { endpoint, repository, reference }
  }
  return undefined
}

function greet(exchange: Exchange): void {
  answerEmpty(exchange, 200, { 'content-type': 'application/json' })
}
