import type { AuthConfig } from './wire/image.ts'

/** Writes credentials as the value of the `X-Registry-Auth` header: JSON in base64url, padded as docker wants it. */
export function encodeRegistryAuth(credentials: AuthConfig): string {
  return Buffer.from(JSON.stringify(credentials), 'utf8').toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}
