import { type Collection, type Descriptor, type Digest, isIndexMediaType, isManifestMediaType } from '@ct/image'
import type { RegistryState } from '../exchange.ts'
import type { Repository } from '../repository.ts'

/** Options of {@link collectGarbage}. */
export interface CollectOptions {
  /** A blob that no manifest names is kept so long after it was uploaded, for the manifest may still come. @default 3,600,000 */
  readonly graceMs?: number | undefined
  /** Also removes manifests that no tag, index or subject leads to. @default false */
  readonly removesUntagged?: boolean | undefined
}

/** What a collection did. */
export interface Collected extends Collection {
  /** Manifests that nothing led to. */
  readonly manifests: number
  /** Blobs that were taken out of a repository. */
  readonly links: number
}

/**
 * Removes what nobody needs while the registry serves: first from each repository, with its writers waiting, then from the store, which
 * keeps what any repository has and what is being pushed.
 */
export async function collectGarbage(
  registry: RegistryState,
  { graceMs = 3_600_000, removesUntagged = false }: CollectOptions = {},
): Promise<Collected> {
  let manifests = 0
  let links = 0
  for (const name of await registry.listRepositories()) {
    const repository = registry.openRepository(name)
    await registry.locks.run(name, async () => {
      if (removesUntagged) manifests += await removeUntagged(registry, repository)
      links += await removeUnnamed(registry, repository, graceMs)
    })
  }
  return { manifests, links, ...(await registry.store.collect()) }
}

async function removeUnnamed(registry: RegistryState, repository: Repository, graceMs: number): Promise<number> {
  const needed = new Set<Digest>()
  for (const manifest of await repository.manifests())
    for (const { digest } of (await registry.facts.of(manifest))?.children ?? []) needed.add(digest)
  const oldest = Date.now() - graceMs
  const doomed = (await repository.blobs()).filter(({ digest, linkedAtMs }) => linkedAtMs <= oldest && !needed.has(digest))
  for (const { digest } of doomed) await repository.unlink(digest)
  return doomed.length
}

/** A referrer lives as long as its subject, or for good when that was never here. */
async function removeUntagged(registry: RegistryState, repository: Repository): Promise<number> {
  const all = new Map((await repository.manifests()).map((descriptor) => [descriptor.digest, descriptor]))
  const kept = new Set<Digest>()
  const queue = (await repository.tags()).map(({ descriptor }) => descriptor)
  const referrers = new Map<Digest, Descriptor[]>()
  for (const manifest of all.values()) {
    const subject = (await registry.facts.of(manifest))?.subject
    if (subject === undefined) continue
    if (all.has(subject)) referrers.set(subject, [...(referrers.get(subject) ?? []), manifest])
    else queue.push(manifest)
  }
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (kept.has(next.digest)) continue
    kept.add(next.digest)
    queue.push(...(referrers.get(next.digest) ?? []))
    const children = (await registry.facts.of(next))?.children ?? []
    queue.push(...children.filter(({ digest, mediaType }) => all.has(digest) && isManifest(mediaType)))
  }
  const doomed = [...all.keys()].filter((digest) => !kept.has(digest))
  for (const digest of doomed) await repository.unlink(digest)
  return doomed.length
}

function isManifest(mediaType: string): boolean {
  return isIndexMediaType(mediaType) || isManifestMediaType(mediaType)
}
