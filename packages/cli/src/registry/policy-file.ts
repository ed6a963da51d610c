import { readFile } from 'node:fs/promises'
import { type Action, type Policy, type PolicyRule, policyOf } from '@ct/registry'
import { badFlag } from '../create/bad-flag.ts'

const ACTIONS: readonly string[] = ['pull', 'push', 'delete', 'list'] satisfies readonly Action[]

/** Reads the rules of a registry from a JSON file: a list of `{ "repositories": […], "users": […], "actions": […] }`. Throws `CLI_BAD_FLAG`. */
export async function readPolicyFile(path: string): Promise<Policy> {
  let rules: unknown
  try {
    rules = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw badFlag('policy', path, error instanceof Error ? error.message : String(error))
  }
  if (!Array.isArray(rules)) throw badFlag('policy', path, 'not a list of rules')
  return policyOf(
    rules.map((rule: unknown, index) => {
      if (!isRule(rule)) throw badFlag('policy', path, `rule ${index + 1} is not { "repositories": […], "users": […], "actions": […] }`)
      return rule
    }),
  )
}

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

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string')
}
