import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { exportJWK, type JWK, SignJWT } from 'jose'
import { answerError, asDistributionError } from '../error-answer.ts'
import { DistributionError } from '../errors.ts'
import { answerText } from '../exchange.ts'
import { readBody } from '../read-body.ts'
import { unauthorized } from './basic-gatekeeper.ts'
import { type Credentials, parseBasic } from './credentials.ts'
import type { Accounts } from './htpasswd.ts'
import { ACCOUNTS_ONLY, type Policy } from './policy.ts'
import { accessesOf, type Grant, parseScope } from './scope.ts'

/** Options of {@link createTokenIssuer}. */
export interface TokenIssuerOptions {
  readonly accounts: Accounts
  /** @default everybody with an account may do everything */
  readonly policy?: Policy | undefined
  /** The `iss` claim. */
  readonly issuer: string
  /** The registry that the tokens are for: the `aud` claim. */
  readonly service: string
  /** An EC P-256 key in PEM, for registries that share an issuer or outlive it. @default a key made now */
  readonly privateKeyPem?: string | undefined
  /** How long a token is good for. @default 300 */
  readonly lifetimeSeconds?: number | undefined
}

/** Makes tokens for a registry. */
export interface TokenIssuer {
  /** Answers GET and POST of the token protocol; `onError` hears what went wrong on our side. */
  handle(request: IncomingMessage, response: ServerResponse, onError?: (error: unknown) => void): void
  /** For `bearerGatekeeper` in the same process. */
  readonly publicKey: KeyObject
  /** For one elsewhere: the JWK set, to be served as JSON. */
  readonly keySet: { readonly keys: readonly JWK[] }
}

const MOST_SCOPES = 50

/**
 * Makes a small token service: it knows accounts and policy and signs what they allow (ES256). Somebody without an account gets a token
 * for what is open to everybody.
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export async function createTokenIssuer(options: TokenIssuerOptions): Promise<TokenIssuer> {
  const { accounts, policy = ACCOUNTS_ONLY, issuer, service, privateKeyPem, lifetimeSeconds = 300 } = options
  const privateKey = privateKeyPem === undefined ? newKey() : createPrivateKey(privateKeyPem)
  const publicKey = createPublicKey(privateKey)
  const keySet = { keys: [{ ...(await exportJWK(publicKey)), use: 'sig', alg: 'ES256' }] }

  async function issue({ credentials, scopes }: TokenRequest): Promise<string> {
    if (credentials !== undefined && !(await accounts.verify(credentials)))
      throw unauthorized('user name or password is wrong', `Basic realm="${service}"`)
    const user = credentials?.user
    const access = scopes.flatMap((scope) => grantOf(scope, user, policy))
    return new SignJWT({ access })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience(service)
      .setSubject(user ?? '')
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds}s`)
      .sign(privateKey)
  }

  async function serve(request: IncomingMessage, response: ServerResponse, onError: (error: unknown) => void): Promise<void> {
    try {
      const token = await issue(await readRequest(request))
      const body = { token, access_token: token, expires_in: lifetimeSeconds, issued_at: new Date().toISOString() }
      answerText(response, JSON.stringify(body), { 'content-type': 'application/json', 'cache-control': 'no-store' })
    } catch (error) {
      const known = asDistributionError(error, request.method)
      if (known === undefined) onError(error)
      answerError(request, response, known)
    }
  }

  return {
    handle: (request, response, onError = () => undefined) => void serve(request, response, onError),
    publicKey,
    keySet,
  }
}

interface TokenRequest {
  readonly credentials: Credentials | undefined
  readonly scopes: readonly string[]
}

/** Reads a GET with Basic credentials, or a POST of OAuth2's password grant. */
async function readRequest(request: IncomingMessage): Promise<TokenRequest> {
  if (request.method === 'POST') {
    const form = new URLSearchParams((await readBody(request, { what: 'a token request', maxBytes: 64 * 1024 })).toString('utf8'))
    if (form.get('grant_type') !== 'password') throw unsupported(`grant_type ${form.get('grant_type')?.slice(0, 40)}`)
    return { credentials: { user: form.get('username') ?? '', password: form.get('password') ?? '' }, scopes: scopesOf(form) }
  }
  if (request.method !== 'GET') throw unsupported(`${request.method} for tokens`)
  const { authorization } = request.headers
  const credentials = parseBasic(authorization)
  if (authorization !== undefined && credentials === undefined) throw unsupported('this kind of Authorization for tokens')
  return { credentials, scopes: scopesOf(new URL(request.url ?? '/', 'http://localhost').searchParams) }
}

function scopesOf(parameters: URLSearchParams): readonly string[] {
  const scopes = parameters.getAll('scope').flatMap((value) => value.split(' '))
  if (scopes.length > MOST_SCOPES) throw unsupported(`more than ${MOST_SCOPES} scopes`)
  return scopes.filter((scope) => scope !== '')
}

/** The part of a scope that the policy allows; what it does not is left out, as the protocol wants. */
function grantOf(scope: string, user: string | undefined, policy: Policy): readonly Grant[] {
  const wanted = parseScope(scope)
  if (wanted === undefined) return []
  const allowed = accessesOf(wanted).filter((access) => policy(user, access))
  const actions = wanted.type === 'registry' ? allowed.map(() => '*') : allowed.map(({ action }) => action)
  return actions.length === 0 ? [] : [{ ...wanted, actions }]
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

function unsupported(what: string): DistributionError {
  return new DistributionError('DISTRIBUTION_UNSUPPORTED', `${what}: not supported`, { status: 400 })
}
