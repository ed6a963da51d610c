import { type Descriptor, type Digest, MAX_DOCUMENT_BYTES, MEDIA_TYPES } from '@ct/image'
import { answerJson, type Exchange } from '../exchange.ts'
import { checkDigest } from './blobs.ts'
import { linkTo, pageSize } from './page.ts'

const PAGE = 1000
/** Clients read an index of so many bytes at most; what is around the descriptors has room besides. */
const MOST_BYTES = MAX_DOCUMENT_BYTES - 1024

/**
 * GET of the manifests whose subject is a digest, as an index; an unknown digest has none. A page ends where an index would become too large
 * for a client, however few fit.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 */
export async function listReferrers(exchange: Exchange): Promise<void> {
  const { repository, reference, query } = exchange
  const subject = checkDigest(reference)
  const artifactType = query.get('artifactType')
  const limit = pageSize(query, PAGE)
  const { manifests, isLast } = await pageOf(exchange, subject, limit)
  const filter = artifactType === null ? '' : `artifactType=${encodeURIComponent(artifactType)}&`
  const last = manifests.at(-1)?.digest
  const next = isLast || last === undefined ? undefined : `${filter}n=${limit}&last=${encodeURIComponent(last)}`
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests }
  answerJson(exchange, index, {
    'content-type': MEDIA_TYPES.ociIndex,
    ...(artifactType !== null && { 'oci-filters-applied': 'artifactType' }),
    ...linkTo(`/v2/${repository.name}/referrers/${subject}`, next),
  })
}

/** In the order of their digests; only as many are read and held as the page has. */
async function pageOf(
  { registry, repository, query }: Exchange,
  subject: Digest,
  limit: number,
): Promise<{ readonly manifests: readonly Descriptor[]; readonly isLast: boolean }> {
  const [artifactType, last] = [query.get('artifactType'), query.get('last') ?? '']
  const all = new Map((await registry.referrers.list(repository, subject)).map((manifest) => [manifest.digest, manifest]))
  const manifests: Descriptor[] = []
  let bytes = 0
  for (const digest of [...all.keys()].sort()) {
    const manifest = digest > last ? all.get(digest) : undefined
    const fact = manifest && (await registry.facts.of(manifest))
    if (fact === undefined || (artifactType !== null && fact.referrer.artifactType !== artifactType)) continue
    bytes += Buffer.byteLength(JSON.stringify(fact.referrer)) + 1
    if (manifests.length >= limit || (manifests.length > 0 && bytes > MOST_BYTES)) return { manifests, isLast: false }
    manifests.push(fact.referrer)
  }
  return { manifests, isLast: true }
}
