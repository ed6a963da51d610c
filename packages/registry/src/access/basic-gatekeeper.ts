import { DistributionError } from '../errors.ts'
import { parseBasic } from './credentials.ts'
import type { Access, Admission, Gatekeeper } from './gatekeeper.ts'
import type { Accounts } from './htpasswd.ts'
import { ACCOUNTS_ONLY, type Policy } from './policy.ts'

/** Options of {@link basicGatekeeper}. */
export interface BasicGatekeeperOptions {
  readonly accounts: Accounts
  /** @default everybody with an account may do everything */
  readonly policy?: Policy | undefined
  /** What a client is told that it logs in to. @default 'registry' */
  readonly realm?: string | undefined
}

/**
 * Admits by user name and password with each request (RFC 7617), which wants TLS or loopback.
 * @see https://www.rfc-editor.org/rfc/rfc7617
 */
export function basicGatekeeper({ accounts, policy = ACCOUNTS_ONLY, realm = 'registry' }: BasicGatekeeperOptions): Gatekeeper {
  const challenge = `Basic realm="${realm.replaceAll('"', '')}", charset="UTF-8"`
  return {
    async admit(authorization, needed): Promise<Admission> {
      const credentials = parseBasic(authorization)
      if (authorization !== undefined && (credentials === undefined || !(await accounts.verify(credentials))))
        throw unauthorized('user name or password is wrong', challenge)
      const user = credentials?.user
      const may = (access: Access): boolean => policy(user, access)
      // Without something to do this is the question whether to log in, which a client with credentials must be asked.
      if (user === undefined && (needed === undefined || !may(needed))) throw unauthorized('log in first', challenge)
      if (needed !== undefined && !may(needed)) throw denied(needed, user)
      return { user, may }
    },
  }
}

/** The answer to credentials that are wrong or missing. */
export function unauthorized(message: string, challenge: string): DistributionError {
  return new DistributionError('DISTRIBUTION_UNAUTHORIZED', message, { headers: { 'www-authenticate': challenge } })
}

/** The answer to credentials that do not suffice. */
export function denied({ action, repository }: Access, user: string | undefined): DistributionError {
  const place = repository === '' ? 'this registry' : repository
  return new DistributionError('DISTRIBUTION_DENIED', `${user ?? 'nobody without an account'} may not ${action} in ${place}`)
}
