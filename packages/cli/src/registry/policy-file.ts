import type { Action, PolicyRule } from '@ct/registry'
import { isWords, type RuleKind } from './rules-file.ts'

const ACTIONS: readonly string[] = ['pull', 'push', 'delete', 'list'] satisfies readonly Action[]

/** The rules of who may do what. */
export const POLICY_RULES: RuleKind<PolicyRule> = { isRule, shape: '{ "repositories": […], "users": […], "actions": […] }' }

function isRule(value: unknown): value is PolicyRule {
  if (typeof value !== 'object' || value === null) return false
  const { repositories, users, actions, ...rest } = value as Record<string, unknown>
  const isList = isWords(users) && (repositories === undefined || isWords(repositories))
  return (
    isList &&
    Object.keys(rest).length === 0 &&
    (actions === undefined || (isWords(actions) && actions.every((one) => ACTIONS.includes(one))))
  )
}
