import { type CallOptions, checkReference, isRepositoryName, parseReference } from '@ct/image'
import type { RegistryClientOptions } from './options.ts'
import { followPages, type ListOptions } from './pages.ts'
import { RepositoryApi } from './repository-api.ts'
import { RepositoryTarget } from './repository-target.ts'
import { Transport } from './transport.ts'

/** Speaks with registries; connections, logins and tokens are shared by all its repositories. */
export interface RegistryClient extends AsyncDisposable {
  /**
   * A repository by its name, such as `debian` or `localhost:5000/team/app`; a tag in the name is not allowed.
   * @throws ImageError `IMAGE_BAD_REFERENCE`
   */
  repository(name: string): RepositoryTarget
  /** The endpoints of a repository, one level below. */
  api(name: string): RepositoryApi
  /** The repositories of a registry, page by page; many registries refuse to tell. */
  catalog(registry: string, options?: ListOptions): AsyncIterable<string>
  /** Asks a registry (`docker.io`, `localhost:5000`) whether it is one and accepts our login. */
  ping(registry: string, options?: CallOptions): Promise<void>
}

/** Makes a client. Idle connections do not keep the process alive; disposing of the client closes them. */
export function createRegistryClient(options: RegistryClientOptions = {}): RegistryClient {
  const transport = new Transport(options)
  const api = (name: string): RepositoryApi => new RepositoryApi(transport, splitName(name))
  return {
    api,
    repository: (name) => new RepositoryTarget(api(name), { retry: transport.retry, chunkBytes: options.chunkBytes }),
    async *catalog(registry, { pageSize = 1000, signal } = {}) {
      checkReference({ registry, repository: 'x' })
      const scopes = ['registry:catalog:*']
      const get = (url: string | URL) => transport.send({ registry, method: 'GET', url, scopes, expect: [200], signal })
      const pages = followPages(get, `/v2/_catalog?n=${pageSize}`, { what: 'repositories', read: readCatalog })
      for await (const { items } of pages) yield* items
    },
    ping: async (registry, { signal } = {}) => {
      checkReference({ registry, repository: 'x' })
      const answer = await transport.send({ registry, method: 'GET', url: '/v2/', scopes: [], expect: [200], signal })
      await answer.body.dump()
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  }
}

function splitName(name: string): { readonly registry: string; readonly repository: string } {
  const { registry, repository } = parseReference(`${name}:latest`)
  return { registry, repository }
}

function readCatalog(value: unknown): readonly string[] | undefined {
  if (typeof value !== 'object' || value === null || !('repositories' in value)) return undefined
  const { repositories } = value
  if (repositories === null) return []
  const isList =
    Array.isArray(repositories) && repositories.every((name): name is string => typeof name === 'string' && isRepositoryName(name))
  return isList ? repositories : undefined
}
