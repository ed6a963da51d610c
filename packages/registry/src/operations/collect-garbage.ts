import type { Collection } from '@ct/image'
import type { RegistryState } from '../exchange.ts'
import type { Repository } from '../repository.ts'
import { type CollectionPlan, namedBlobs, planCollection } from './plan-collection.ts'
import { compileRule, type RetentionRule } from './retention.ts'

/** Options of {@link collectGarbage}. */
export interface CollectOptions {
  /** A blob or manifest that nothing leads to is kept so long after it came, for what needs it may still come. @default 3,600,000 */
  readonly graceMs?: number | undefined
  /** Also removes manifests that no tag, index or subject leads to. @default false */
  readonly removesUntagged?: boolean | undefined
  /** Tags that no rule keeps are removed, and manifests of those repositories that nothing leads to any more. @default all tags stay */
  readonly retention?: readonly RetentionRule[] | undefined
  /** Only say what would be removed from repositories; nothing is removed, and nothing said of bytes. @default false */
  readonly isDryRun?: boolean | undefined
}

/** What a collection did, or would do. */
export interface Collected extends Collection {
  /** Tags that no rule kept, as in `team/app:1.2`. */
  readonly tags: readonly string[]
  /** Manifests that nothing led to. */
  readonly manifests: number
  /** Blobs that were taken out of a repository. */
  readonly links: number
}

/**
 * Removes what nobody needs while the registry serves: first from each repository, with its writers waiting, then from the store, which
 * keeps what any repository has and what is being pushed.
 */
export async function collectGarbage(registry: RegistryState, options: CollectOptions = {}): Promise<Collected> {
  const { graceMs = 3_600_000, removesUntagged = false, isDryRun = false } = options
  const retention = (options.retention ?? []).map(compileRule)
  const tags: string[] = []
  let [manifests, links] = [0, 0]
  for (const name of await registry.listRepositories()) {
    const repository = registry.openRepository(name)
    await registry.locks.run(name, async () => {
      const plan = await planCollection(repository, registry.facts, { oldestMs: Date.now() - graceMs, removesUntagged, retention })
      if (!isDryRun) {
        await carryOut(registry, repository, plan)
        await registry.referrers.complete(repository)
      }
      tags.push(...plan.tags.map((tag) => `${name}:${tag}`))
      manifests += plan.manifests.length
      links += plan.blobs.length
    })
  }
  if (!isDryRun) await registry.referrers.sweep((name) => registry.openRepository(name))
  const collection = isDryRun ? { removed: [], freedBytes: 0, damaged: [] } : await registry.store.collect()
  return { tags, manifests, links, ...collection }
}

async function carryOut(registry: RegistryState, repository: Repository, { tags, manifests, blobs }: CollectionPlan): Promise<void> {
  for (const tag of tags) await repository.untag(tag)
  for (const { digest } of manifests) await repository.unlink(digest)
  for (const digest of blobs) await repository.unlink(digest)
  if (manifests.length + blobs.length > 0) await putBack(registry, repository, { manifests, blobs })
}

/** Our lock does not hold another registry on the same store: what it began to refer to meanwhile comes back. */
async function putBack(
  registry: RegistryState,
  repository: Repository,
  { manifests, blobs }: Pick<CollectionPlan, 'manifests' | 'blobs'>,
): Promise<void> {
  const tagged = new Set((await repository.tags()).map(({ descriptor }) => descriptor.digest))
  const lost = new Map(manifests.map((manifest) => [manifest.digest, manifest]))
  for (;;) {
    const named = await namedBlobs(await repository.manifests(), registry.facts)
    const wanted = [...lost.values()].filter(({ digest }) => tagged.has(digest) || named.has(digest))
    for (const manifest of wanted) {
      lost.delete(manifest.digest)
      await repository.putManifest(manifest, [])
    }
    // A manifest that came back names others, which may have to come back with it.
    if (wanted.length > 0) continue
    for (const digest of blobs) {
      const blob = named.get(digest)
      if (blob !== undefined) await repository.linkBlob(blob)
    }
    return
  }
}
