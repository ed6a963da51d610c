import { RegistryError } from '../errors.ts'
import type { Challenge } from './challenge.ts'
import type { Credentials } from './credentials.ts'

/** A token for some scopes, and when it ends. */
export interface Token {
  readonly value: string
  /** In milliseconds of `Date.now()`. */
  readonly expiresAt: number
}

/** Sends a request to a token service and gives the body of its answer. */
export type FetchToken = (request: {
  readonly registry: string
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal | undefined
}) => Promise<string>

/** What is asked for, of whom and by whom. */
export interface TokenRequest {
  readonly registry: string
  readonly challenge: Extract<Challenge, { scheme: 'bearer' }>
  readonly credentials: Credentials | undefined
  readonly scopes: readonly string[]
  readonly signal: AbortSignal | undefined
}

const clientId = 'ct'
const defaultLifeSeconds = 60

/**
 * Gets a token: with a GET (Basic credentials or none), or, for an identity token, with OAuth2's refresh grant.
 * @see https://distribution.github.io/distribution/spec/auth/token/
 * @see https://distribution.github.io/distribution/spec/auth/oauth/
 */
export async function requestToken(fetchToken: FetchToken, request: TokenRequest): Promise<Token> {
  const { registry, challenge, credentials, signal } = request
  const scopes = [...new Set([...request.scopes, ...challenge.scopes])]
  const url = realmUrl(request)
  if (credentials !== undefined && 'identityToken' in credentials) {
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, refresh_token: credentials.identityToken })
    if (challenge.service !== undefined) form.set('service', challenge.service)
    if (scopes.length > 0) form.set('scope', scopes.join(' '))
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return parseToken(await fetchToken({ registry, url, method: 'POST', headers, body: form.toString(), signal }), url)
  }
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  const headers: Record<string, string> = {}
  if (credentials !== undefined) {
    headers.authorization = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
  }
  return parseToken(await fetchToken({ registry, url, method: 'GET', headers, signal }), url)
}

function realmUrl({ registry, challenge: { realm } }: TokenRequest): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    throw new RegistryError('REGISTRY_PROTOCOL', `${registry} names a token service that is no URL`, { kind: 'internal' })
  }
  return url
}

function parseToken(body: string, url: URL): Token {
  const wrong = new RegistryError('REGISTRY_PROTOCOL', `the token service at ${url.host} gave an answer without a token`, {
    kind: 'internal',
  })
  let answer: unknown
  try {
    answer = JSON.parse(body)
  } catch (error) {
    // The cause would quote the answer, which may hold a token.
    if (error instanceof SyntaxError) throw wrong
    throw error
  }
  if (typeof answer !== 'object' || answer === null) throw wrong
  const { token, access_token: accessToken, expires_in: expiresIn } = answer as Record<string, unknown>
  const value = typeof token === 'string' && token !== '' ? token : accessToken
  if (typeof value !== 'string' || !/^[!-~]+$/.test(value)) throw wrong
  const lifeSeconds = typeof expiresIn === 'number' && expiresIn > 0 ? expiresIn : defaultLifeSeconds
  return { value, expiresAt: Date.now() + lifeSeconds * 1000 }
}
