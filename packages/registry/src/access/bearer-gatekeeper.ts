import type { KeyObject } from 'node:crypto'
import { createLocalJWKSet, createRemoteJWKSet, type JWK, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { DistributionError } from '../errors.ts'
import { denied, unauthorized } from './basic-gatekeeper.ts'
import type { Access, Admission, Gatekeeper } from './gatekeeper.ts'
import { type Grant, grantsAllow, scopeOf } from './scope.ts'

/** Options of {@link bearerGatekeeper}. */
export interface BearerGatekeeperOptions {
  /** Where clients get tokens: an absolute URL. */
  readonly realm: string
  /** Who the tokens are for: the `aud` claim. */
  readonly service: string
  /** Who makes the tokens: the `iss` claim. */
  readonly issuer: string
  /** What tokens are signed with: the public key, a JWK set, or where that is. */
  readonly keys: KeyObject | URL | { readonly keys: readonly JWK[] }
}

/** Signatures made with a secret that both ends know are not among them: a public key could be taken for one. */
const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'RS384', 'RS512', 'PS256', 'EdDSA']

/**
 * Admits by tokens of an issuer, ours (`createTokenIssuer`) or any that speaks the token protocol of docker's registry.
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export function bearerGatekeeper({ realm, service, issuer, keys }: BearerGatekeeperOptions): Gatekeeper {
  const getKey = keyFinder(keys)

  function challenge(needed: Access | undefined, error?: string): string {
    const scope = needed === undefined ? '' : `,scope="${scopeOf(needed)}"`
    return `Bearer realm="${realm}",service="${service}"${scope}${error === undefined ? '' : `,error="${error}"`}`
  }

  async function read(token: string, needed: Access | undefined): Promise<{ user: string | undefined; grants: readonly Grant[] }> {
    try {
      const { payload } = await jwtVerify(token, getKey, { issuer, audience: service, algorithms: ALGORITHMS, clockTolerance: 60 })
      const grants = Array.isArray(payload.access) ? payload.access.filter(isGrant) : []
      return { user: payload.sub === '' ? undefined : payload.sub, grants }
    } catch (error) {
      if (!isTokenFault(error)) throw error
      throw unauthorized(`the token is not valid: ${error.message}`, challenge(needed, 'invalid_token'))
    }
  }

  return {
    async admit(authorization, needed): Promise<Admission> {
      const [, token] = /^Bearer ([\w.~+/-]{1,16384}=*)$/i.exec(authorization ?? '') ?? []
      if (token === undefined) throw unauthorized('a token is needed', challenge(needed))
      const { user, grants } = await read(token, needed)
      const may = (access: Access): boolean => grantsAllow(grants, access)
      // A client may come with a token for less; the challenge tells it what to ask for.
      if (needed !== undefined && !may(needed)) {
        const { message, code } = denied(needed, user)
        throw new DistributionError(code, message, {
          status: 401,
          headers: { 'www-authenticate': challenge(needed, 'insufficient_scope') },
        })
      }
      return { user, may }
    },
  }
}

function keyFinder(keys: BearerGatekeeperOptions['keys']): JWTVerifyGetKey {
  if (keys instanceof URL) return createRemoteJWKSet(keys)
  // In a set, a key is only looked for with the algorithms that it is for.
  return createLocalJWKSet({ keys: 'keys' in keys ? [...keys.keys] : [keys.export({ format: 'jwk' }) as JWK] })
}

/** Whether the token is to blame. That the keys cannot be fetched or read is a fault on our side, for which no better token helps. */
function isTokenFault(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && TOKEN_FAULTS.test(String(error.code))
}

const TOKEN_FAULTS = /^ERR_(JWT_|JWS_|JWKS_NO_MATCHING_KEY$|JWKS_MULTIPLE_MATCHING_KEYS$|JOSE_ALG_NOT_ALLOWED$|JOSE_NOT_SUPPORTED$)/

function isGrant(value: unknown): value is Grant {
  if (typeof value !== 'object' || value === null) return false
  const { type, name, actions } = value as Partial<Grant>
  return typeof type === 'string' && typeof name === 'string' && Array.isArray(actions) && actions.every((one) => typeof one === 'string')
}
