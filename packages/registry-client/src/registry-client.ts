import { type CallOptions, checkReference, parseReference } from '@ct/image'
import type { RegistryClientOptions } from './options.ts'
import { RepositoryTarget } from './repository-target.ts'
import { Transport } from './transport.ts'

/** Speaks with registries; connections, logins and tokens are shared by all its repositories. */
export interface RegistryClient extends AsyncDisposable {
  /**
   * A repository by its name, such as `debian` or `localhost:5000/team/app`; a tag in the name is not allowed.
   * @throws ImageError `IMAGE_BAD_REFERENCE`
   */
  repository(name: string): RepositoryTarget
  /** Asks a registry (`docker.io`, `localhost:5000`) whether it is one and accepts our login. */
  ping(registry: string, options?: CallOptions): Promise<void>
}

/** Makes a client. Idle connections do not keep the process alive; disposing of the client closes them. */
export function createRegistryClient(options: RegistryClientOptions = {}): RegistryClient {
  const transport = new Transport(options)
  return {
    repository: (name) => new RepositoryTarget(transport, splitName(name)),
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
