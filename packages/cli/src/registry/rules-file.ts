import { readFile } from 'node:fs/promises'
import { badFlag } from '../create/bad-flag.ts'

/** What a list of rules consists of. */
export interface RuleKind<Rule> {
  readonly isRule: (value: unknown) => value is Rule
  /** What a rule looks like, for people. */
  readonly shape: string
}

/** Reads a list of rules from the JSON file that a flag names. Throws `CLI_BAD_FLAG`. */
export async function readRulesFile<Rule>(flag: string, path: string, { isRule, shape }: RuleKind<Rule>): Promise<readonly Rule[]> {
  let rules: unknown
  try {
    rules = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw badFlag(flag, path, error instanceof Error ? error.message : String(error))
  }
  if (!Array.isArray(rules)) throw badFlag(flag, path, 'not a list of rules')
  return rules.map((rule: unknown, index) => {
    if (!isRule(rule)) throw badFlag(flag, path, `rule ${index + 1} is not ${shape}`)
    return rule
  })
}

/** Whether a value is a list of texts. */
export function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string')
}
