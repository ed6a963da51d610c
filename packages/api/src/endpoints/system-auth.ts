import type { Endpoint, JsonAnswer, JsonBody } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { AUTH_CONFIG } from '../server/read-registry-auth.ts'
import { checkShape } from '../server/shape.ts'
import type { AuthConfig, AuthResult } from '../wire/image.ts'

/** Asks a registry whether it accepts a login; nothing is kept. */
export const systemAuth = {
  method: 'POST',
  path: '/auth',
  summary: 'Asks a registry whether it accepts a login; nothing is kept.',
  body: 'json' as JsonBody<AuthConfig>,
  answer: 'json' as JsonAnswer<AuthResult>,
} as const satisfies Endpoint

export const systemAuthHandler: Handler<typeof systemAuth> = async ({ json, signal }) => {
  const { username = '', password = '', identitytoken, serveraddress = '' } = checkShape<AuthConfig>(json ?? {}, AUTH_CONFIG)
  const credentials = identitytoken ? { identityToken: identitytoken } : { username, password }
  // Loaded when it is needed, as in the engine: it is the largest thing that a daemon loads.
  const { createRegistryClient } = await import('@ct/registry-client')
  await using client = createRegistryClient({ credentials: async () => credentials })
  await client.ping(registryOf(serveraddress), { signal })
  return { Status: 'Login Succeeded', IdentityToken: '' }
}

/** Clients name a registry by its host, or by the address that `docker login` keeps a login under. */
function registryOf(address: string): string {
  const host = address.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  return host === '' || host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host
}
