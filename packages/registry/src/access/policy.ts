import { globPattern } from '../glob-pattern.ts'
import type { Access, Action } from './gatekeeper.ts'

/** Lets some people do some things in some repositories. */
export interface PolicyRule {
  /** Names, `*` standing for any characters, as in `team/*`. @default every repository */
  readonly repositories?: readonly string[] | undefined
  /** `*` is everybody with an account, `anonymous` everybody. */
  readonly users: readonly string[]
  /** @default ['pull'] */
  readonly actions?: readonly Action[] | undefined
}

/** Whether a user, or `undefined` for somebody without an account, may do something. */
export type Policy = (user: string | undefined, access: Access) => boolean

/** Everybody with an account may do everything, others nothing. */
export const ACCOUNTS_ONLY: Policy = (user) => user !== undefined

/** A policy of rules: what none of them allows is not allowed. */
export function policyOf(rules: readonly PolicyRule[]): Policy {
  const compiled = rules.map(({ repositories, users, actions = ['pull'] }) => ({
    users: new Set(users),
    actions: new Set<Action>(actions),
    patterns: repositories?.map(globPattern),
  }))
  return (user, { repository, action }) =>
    compiled.some(
      ({ users, actions, patterns }) =>
        actions.has(action) &&
        (users.has('anonymous') || (user !== undefined && (users.has('*') || users.has(user)))) &&
        (patterns === undefined || action === 'list' || patterns.some((pattern) => pattern.test(repository))),
    )
}
