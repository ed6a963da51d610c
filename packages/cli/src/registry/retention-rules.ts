import type { RetentionRule } from '@ct/registry'
import { countFlag } from '../create/bad-flag.ts'
import { isWords, type RuleKind, readRulesFile } from './rules-file.ts'

/** The flags that say which tags stay. */
export interface RetentionFlags {
  readonly retention?: string | undefined
  readonly 'keep-newest'?: string | undefined
  readonly 'keep-days'?: string | undefined
  readonly 'keep-tag'?: readonly string[] | undefined
}

const RETENTION_RULES: RuleKind<RetentionRule> = { isRule, shape: '{ "repositories": […], "newest": 5, "days": 30, "tags": […] }' }

/** The rules of a file, and one of the other flags for all repositories; `undefined` when there are none. Throws `CLI_BAD_FLAG`. */
export async function retentionRules(flags: RetentionFlags): Promise<readonly RetentionRule[] | undefined> {
  const rules = flags.retention === undefined ? [] : await readRulesFile('retention', flags.retention, RETENTION_RULES)
  const { 'keep-tag': tags = [] } = flags
  const newest = countFlag('keep-newest', flags['keep-newest'], { least: 0 })
  const days = countFlag('keep-days', flags['keep-days'], { least: 0 })
  const isAsked = newest !== undefined || days !== undefined || tags.length > 0
  const all = isAsked ? [...rules, { newest, days, ...(tags.length > 0 && { tags }) }] : rules
  return all.length === 0 ? undefined : all
}

function isRule(value: unknown): value is RetentionRule {
  if (typeof value !== 'object' || value === null) return false
  const { repositories, newest, days, tags, ...rest } = value as Record<string, unknown>
  const areWords = [repositories, tags].every((words) => words === undefined || isWords(words))
  const areNumbers = [newest, days].every((number) => number === undefined || (typeof number === 'number' && number >= 0))
  return areWords && areNumbers && Object.keys(rest).length === 0
}
