import { type Descriptor, type Digest, isIndexMediaType, isManifestMediaType } from '@ct/image'
import type { ManifestFacts } from '../manifest-facts.ts'
import { linkedAtMs, type Repository } from '../repository.ts'
import { type CompiledRule, doomedTags, rulesFor } from './retention.ts'

/** Options of {@link planCollection}. */
export interface PlanOptions {
  /** What came later stays, for what needs it may still come. */
  readonly oldestMs: number
  readonly removesUntagged: boolean
  readonly retention: readonly CompiledRule[]
}

/** What a repository does not need any more. */
export interface CollectionPlan {
  readonly tags: readonly string[]
  readonly manifests: readonly Descriptor[]
  readonly blobs: readonly Digest[]
}

/** Finds what a repository does not need; rules that drop a tag take along what only the tag led to. */
export async function planCollection(repository: Repository, facts: ManifestFacts, options: PlanOptions): Promise<CollectionPlan> {
  const { oldestMs, removesUntagged, retention } = options
  const rules = rulesFor(repository.name, retention)
  const all = await repository.manifests()
  const tagged = await repository.tags()
  const dropped = new Set(doomedTags(tagged, rules).map(({ tag }) => tag))
  const roots = tagged.filter(({ tag }) => !dropped.has(tag)).map(({ descriptor }) => descriptor)
  const kept = removesUntagged || rules.length > 0 ? await reachableManifests(all, roots, facts) : undefined
  const manifests = all.filter((manifest) => kept?.has(manifest.digest) === false && linkedAtMs(manifest) <= oldestMs)
  const gone = new Set(manifests.map(({ digest }) => digest))
  const named = await namedBlobs(
    all.filter(({ digest }) => !gone.has(digest)),
    facts,
  )
  const unneeded = (await repository.blobs()).filter((blob) => blob.linkedAtMs <= oldestMs && !named.has(blob.digest))
  return { tags: [...dropped], manifests, blobs: unneeded.map(({ digest }) => digest) }
}

/** Everything that manifests name. */
export async function namedBlobs(manifests: readonly Descriptor[], facts: ManifestFacts): Promise<ReadonlyMap<Digest, Descriptor>> {
  const named = new Map<Digest, Descriptor>()
  for (const manifest of manifests) for (const child of (await facts.of(manifest))?.children ?? []) named.set(child.digest, child)
  return named
}

/** Manifests that a tag leads to, through indexes or as what is about one. A referrer whose subject was never here stays, too. */
async function reachableManifests(
  manifests: readonly Descriptor[],
  roots: readonly Descriptor[],
  facts: ManifestFacts,
): Promise<ReadonlySet<Digest>> {
  const all = new Map(manifests.map((descriptor) => [descriptor.digest, descriptor]))
  const kept = new Set<Digest>()
  const queue = [...roots]
  const referrers = new Map<Digest, Descriptor[]>()
  for (const manifest of manifests) {
    const subject = (await facts.of(manifest))?.subject
    if (subject === undefined) continue
    if (all.has(subject)) referrers.set(subject, [...(referrers.get(subject) ?? []), manifest])
    else queue.push(manifest)
  }
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (kept.has(next.digest)) continue
    kept.add(next.digest)
    queue.push(...(referrers.get(next.digest) ?? []))
    const children = (await facts.of(next))?.children ?? []
    queue.push(...children.filter(({ digest, mediaType }) => all.has(digest) && isManifest(mediaType)))
  }
  return kept
}

function isManifest(mediaType: string): boolean {
  return isIndexMediaType(mediaType) || isManifestMediaType(mediaType)
}
