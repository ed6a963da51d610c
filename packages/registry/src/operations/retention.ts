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

/** The rules for a repository; none means that it keeps all. */
export function rulesFor(repository: string, rules: readonly RetentionRule[]): readonly RetentionRule[] {
  return rules.filter(({ repositories }) => repositories?.some((glob) => globPattern(glob).test(repository)) ?? true)
}

/** Those of a repository's tags that no rule keeps. A tag stays when it is not known how old it is. */
export function doomedTags(tags: readonly TaggedManifest[], rules: readonly RetentionRule[]): readonly TaggedManifest[] {
  if (rules.length === 0) return []
  const newestFirst = [...tags].sort((a, b) => linkedAtMs(b.descriptor) - linkedAtMs(a.descriptor))
  return newestFirst.filter((tagged, index) => linkedAtMs(tagged.descriptor) > 0 && !rules.some((rule) => isKept(tagged, index, rule)))
}

function isKept({ tag, descriptor }: TaggedManifest, index: number, { newest, days, tags }: RetentionRule): boolean {
  if (newest === undefined && days === undefined && tags === undefined) return true
  const isNew = newest !== undefined && index < newest
  const isYoung = days !== undefined && Date.now() - linkedAtMs(descriptor) < days * DAY_MS
  return isNew || isYoung || (tags?.some((glob) => globPattern(glob).test(tag)) ?? false)
}
