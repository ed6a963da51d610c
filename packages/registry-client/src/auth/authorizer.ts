import { RegistryError } from '../errors.ts'
import type { Challenge } from './challenge.ts'
import type { Credentials, CredentialsProvider } from './credentials.ts'
import { type FetchToken, requestToken, type Token } from './token.ts'

/** What one registry asked for, and what was got for it. */
interface Session {
  challenge?: Challenge
  credentials?: Promise<Credentials | undefined>
  readonly tokens: Map<string, Promise<Token>>
}

const expiryMarginMs = 5_000

/** Finds the `Authorization` header for each request: anonymous until the registry asks, then what it asked for. */
export class Authorizer {
  readonly #credentials: CredentialsProvider
  readonly #fetchToken: FetchToken
  readonly #sessions = new Map<string, Session>()

  constructor(credentials: CredentialsProvider, fetchToken: FetchToken) {
    this.#credentials = credentials
    this.#fetchToken = fetchToken
  }

  /** The header for a request that needs some scopes (`repository:team/app:pull`); `undefined` for none. */
  async header(registry: string, scopes: readonly string[], signal?: AbortSignal): Promise<string | undefined> {
    const session = this.#session(registry)
    const { challenge } = session
    if (challenge === undefined) return undefined
    const credentials = await this.#login(session, registry)
    if (challenge.scheme === 'basic') return basic(registry, credentials)
    const key = [...scopes].sort().join(' ')
    let token = await settled(session.tokens.get(key))
    if (token === undefined || token.expiresAt - expiryMarginMs < Date.now()) {
      const fetching = requestToken(this.#fetchToken, { registry, challenge, credentials, scopes, signal })
      session.tokens.set(key, fetching)
      token = await fetching
    }
    return `Bearer ${token.value}`
  }

  /** Takes note of a refusal: the next header will be another one. */
  challenged(registry: string, challenge: Challenge): void {
    const session = this.#session(registry)
    session.challenge = challenge
    session.tokens.clear()
    delete session.credentials
  }

  #session(registry: string): Session {
    const session = this.#sessions.get(registry) ?? { tokens: new Map() }
    this.#sessions.set(registry, session)
    return session
  }

  #login(session: Session, registry: string): Promise<Credentials | undefined> {
    session.credentials ??= this.#credentials(registry)
    return session.credentials
  }
}

function basic(registry: string, credentials: Credentials | undefined): string {
  if (credentials === undefined || 'identityToken' in credentials) {
    throw new RegistryError('REGISTRY_UNAUTHORIZED', `${registry} wants a user name and a password`, {
      kind: 'unauthorized',
      hint: 'log in to the registry',
    })
  }
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
}

/** What others are fetching already; a failure of theirs is not ours, so we ask again. */
async function settled(fetching: Promise<Token> | undefined): Promise<Token | undefined> {
  return fetching?.catch(() => undefined)
}
