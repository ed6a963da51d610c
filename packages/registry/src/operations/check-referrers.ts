import type { Digest } from '@ct/image'
import type { RegistryState } from '../exchange.ts'

/** Something wrong with the index that referrers are listed from. */
export interface ReferrerProblem {
  /** `unlisted`: the index lacks a manifest that has a subject; `stale`: it has one that is not in its repository, or is about something else. */
  readonly problem: 'unlisted' | 'stale'
  readonly repository: string
  /** Of the manifest. */
  readonly digest: Digest
}

/** Options of {@link checkReferrers}. */
export interface CheckReferrersOptions {
  /** Mend what is wrong, and make the index of repositories that have none yet. @default false */
  readonly shouldRepair?: boolean | undefined
}

/**
 * Compares the index of referrers with the manifests of every repository, and tells of all that was wrong. A repository without an index,
 * from before there was one, is not wrong: its manifests are read instead.
 */
export async function checkReferrers(
  registry: RegistryState,
  { shouldRepair = false }: CheckReferrersOptions = {},
): Promise<readonly ReferrerProblem[]> {
  const first = await look(registry)
  if (first.length === 0 && !shouldRepair) return []
  // What another process was writing or removing at that moment looks wrong once, and not again.
  const second = new Set((first.length === 0 ? [] : await look(registry)).map(keyOf))
  if (shouldRepair) await repair(registry)
  return first.filter((problem) => second.has(keyOf(problem)))
}

async function look(registry: RegistryState): Promise<readonly ReferrerProblem[]> {
  const problems: ReferrerProblem[] = []
  for (const name of await registry.listRepositories()) {
    const unlisted = await registry.locks.run(name, () => registry.referrers.unlisted(registry.openRepository(name)))
    for (const { digest } of unlisted) problems.push({ problem: 'unlisted', repository: name, digest })
  }
  for await (const { repository, manifest } of registry.referrers.stale((name) => registry.openRepository(name)))
    problems.push({ problem: 'stale', repository, digest: manifest.digest })
  return problems
}

async function repair(registry: RegistryState): Promise<void> {
  for (const name of await registry.listRepositories())
    await registry.locks.run(name, () => registry.referrers.complete(registry.openRepository(name)))
  await registry.referrers.sweep((name) => registry.openRepository(name))
}

function keyOf({ problem, repository, digest }: ReferrerProblem): string {
  return `${problem} ${repository}@${digest}`
}
