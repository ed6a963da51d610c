import type { IncomingHttpHeaders } from 'node:http'
import type { ImageCredentials } from '@ct/engine'
import { badRequest } from '../errors.ts'
import type { AuthConfig } from '../wire/image.ts'
import { checkShape, type Shape } from './shape.ts'

/** What every field of a login may be. */
export const AUTH_CONFIG: Shape<AuthConfig> = {
  username: 'string',
  password: 'string',
  auth: 'string',
  email: 'string',
  serveraddress: 'string',
  identitytoken: 'string',
  registrytoken: 'string',
}

/** The credentials in `X-Registry-Auth`, if there are any. `API_BAD_REQUEST` for anything but JSON in base64. */
export function readRegistryAuth({ 'x-registry-auth': header }: IncomingHttpHeaders): ImageCredentials | undefined {
  if (typeof header !== 'string' || header === '') return undefined
  const { username, password, identitytoken, registrytoken } = checkShape<AuthConfig>(parse(header) ?? {}, AUTH_CONFIG)
  if (!username && !identitytoken && !registrytoken) return undefined
  return {
    username: username || undefined,
    password: password || undefined,
    identityToken: identitytoken || undefined,
    registryToken: registrytoken || undefined,
  }
}

function parse(header: string): unknown {
  try {
    return JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))
  } catch (cause) {
    throw badRequest('invalid X-Registry-Auth header: it must be JSON in base64url', cause)
  }
}
