import type { Reference, Target } from '@ct/image'
import type { Credentials } from '@ct/registry-client'
import { EngineError } from '../errors.ts'
import type { ImageCredentials } from './image-types.ts'

/**
 * Runs a task with the repository that a reference names, and closes its connections. The client is loaded when it is
 * first needed: its HTTP stack is the largest thing that an engine loads, and most runs of one never need it.
 */
export async function withRepository<Result>(
  { registry, repository }: Reference,
  given: ImageCredentials | undefined,
  task: (target: Target) => Promise<Result>,
): Promise<Result> {
  const credentials = registryCredentials(given)
  const { createRegistryClient } = await import('@ct/registry-client')
  await using client = createRegistryClient({ credentials: async () => credentials })
  return await task(client.repository(`${registry}/${repository}`))
}

function registryCredentials(given: ImageCredentials | undefined): Credentials | undefined {
  const { username = '', password = '', identityToken = '', registryToken = '' } = given ?? {}
  if (registryToken !== '') {
    throw new EngineError('ENGINE_UNSUPPORTED', 'a registry token is not supported; give a user name and password, or an identity token', {
      kind: 'unsupported',
    })
  }
  if (identityToken !== '') return { identityToken }
  return username === '' && password === '' ? undefined : { username, password }
}
