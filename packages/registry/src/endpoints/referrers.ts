import { type Descriptor, MEDIA_TYPES } from '@ct/image'
import { answerJson, type Exchange } from '../exchange.ts'
import { checkDigest } from './blobs.ts'
import { linkTo, pageOf } from './page.ts'

const PAGE = 1000

/**
 * GET of the manifests whose subject is a digest, as an index; an unknown digest has none.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 */
export async function listReferrers(exchange: Exchange): Promise<void> {
  const { repository, registry, reference, query } = exchange
  const subject = checkDigest(reference)
  const wanted = query.get('artifactType')
  const found = new Map<string, Descriptor>()
  for (const manifest of await registry.referrers.list(repository, subject)) {
    const fact = await registry.facts.of(manifest)
    if (fact === undefined || (wanted !== null && fact.referrer.artifactType !== wanted)) continue
    found.set(manifest.digest, fact.referrer)
  }
  const pages = new URLSearchParams(query)
  if (!pages.has('n')) pages.set('n', String(PAGE))
  const { items, next } = pageOf([...found.keys()].sort(), pages)
  const filter = wanted === null ? '' : `artifactType=${encodeURIComponent(wanted)}&`
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: items.map((digest) => found.get(digest)) }
  answerJson(exchange, index, {
    'content-type': MEDIA_TYPES.ociIndex,
    ...(wanted !== null && { 'oci-filters-applied': 'artifactType' }),
    ...linkTo(`/v2/${repository.name}/referrers/${subject}`, next === undefined ? undefined : filter + next),
  })
}
