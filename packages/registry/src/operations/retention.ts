import { globPattern } from '../glob-pattern.ts'
import { linkedAtMs, type TaggedManifest } from '../repository.ts'

/**
 * Keeps tags of some repositories. A tag stays that any rule for its repository keeps, for any of its reasons; a rule without a reason
 * keeps all. Repositories that no rule is for keep all of theirs.
 */
export interface RetentionRule {
  /** Names, `*` standing for any characters, as in `team/*`. @default every repository */
  readonly repositories?: readonly string[] | undefined
  /** Keep so many of those that were pushed last. */
  readonly newest?: number | undefined
  /** Keep what was pushed within so many days. */
  readonly days?: number | undefined
  /** Keep tags with these names, `*` standing for any characters, as in `v*`. */
  readonly tags?: readonly string[] | undefined
}

const DAY_MS = 24 * 3_600_000

/** A rule as it is used: its patterns are read once, however many tags there are. */
export interface CompiledRule {
  readonly isFor: (repository: string) => boolean
  /** Takes a tag and how many are newer. */
  readonly keeps: (tagged: TaggedManifest, newer: number) => boolean
}

/** Reads a rule. */
export function compileRule({ repositories, newest, days, tags }: RetentionRule): CompiledRule {
  const keepsAll = newest === undefined && days === undefined && tags === undefined
  const isNamed = matcher(tags)
  return {
    isFor: matcher(repositories) ?? (() => true),
    keeps({ tag, descriptor }, newer) {
      const isNew = newest !== undefined && newer < newest
      const isYoung = days !== undefined && Date.now() - linkedAtMs(descriptor) < days * DAY_MS
      return keepsAll || isNew || isYoung || isNamed?.(tag) === true
    },
  }
}

/** The rules for a repository; none means that it keeps all. */
export function rulesFor(repository: string, rules: readonly CompiledRule[]): readonly CompiledRule[] {
  return rules.filter(({ isFor }) => isFor(repository))
}

/** Those of a repository's tags that no rule keeps. A tag stays when it is not known how old it is. */
export function doomedTags(tags: readonly TaggedManifest[], rules: readonly CompiledRule[]): readonly TaggedManifest[] {
  if (rules.length === 0) return []
  const newestFirst = [...tags].sort((a, b) => linkedAtMs(b.descriptor) - linkedAtMs(a.descriptor))
  return newestFirst.filter((tagged, index) => linkedAtMs(tagged.descriptor) > 0 && !rules.some(({ keeps }) => keeps(tagged, index)))
}

/** Whether any of the patterns fits; `undefined` when none were given. */
function matcher(globs: readonly string[] | undefined): ((text: string) => boolean) | undefined {
  const patterns = globs?.map(globPattern)
  return patterns && ((text) => patterns.some((pattern) => pattern.test(text)))
}
