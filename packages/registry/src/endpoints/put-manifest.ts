import {
  bodyOf,
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestOf,
  type Index,
  isDigest,
  isIndex,
  isTag,
  MAX_DOCUMENT_BYTES,
  type Manifest,
  MEDIA_TYPES,
  parseManifest,
} from '@ct/image'
import { hasErrorKind } from '../error-answer.ts'
import { DistributionError } from '../errors.ts'
import { answerEmpty, type Exchange } from '../exchange.ts'
import { readBody } from '../read-body.ts'
import type { Repository } from '../repository.ts'

const MOST_TAGS = 100

/**
 * PUT of a manifest, by tag, or by digest with tags in the query; everything that it names must be in the repository before, unless
 * the registry is sparse.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
 */
export async function putManifest(exchange: Exchange): Promise<void> {
  const { request, registry, repository, admission } = exchange
  using held = registry.bodies.open()
  const bytes = await readBody(request, { what: 'a manifest', maxBytes: MAX_DOCUMENT_BYTES, held })
  const { digest, tags } = namesOf(exchange, bytes)
  const contentType = request.headers['content-type']?.split(';')[0]?.trim()
  const manifest = checkManifest(bytes, contentType)
  const descriptor = { mediaType: mediaTypeOf(manifest, contentType), digest, size: bytes.length }
  registry.facts.learn(descriptor, manifest)
  await registry.locks.run(repository.name, async () => {
    using _lease = registry.store.lease?.()
    if (!registry.isSparse) await checkContents(exchange, manifest)
    await registry.store.push(descriptor, bodyOf(bytes))
    await repository.putManifest(descriptor, tags)
    if (!registry.isSparse) await keepContents(exchange, manifest)
  })
  answerEmpty(exchange, 201, {
    location: `/v2/${repository.name}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(manifest.subject !== undefined && { 'oci-subject': manifest.subject.digest }),
    ...(tags.length > 0 && isDigest(exchange.reference) && { 'oci-tag': tags.join(', ') }),
  })
  const event = { action: 'push', repository: repository.name, digest, user: admission.user } as const
  for (const tag of tags.length > 0 ? tags : [undefined]) registry.emit({ ...event, tag })
}

function namesOf({ reference, query }: Exchange, bytes: Uint8Array): { readonly digest: Digest; readonly tags: readonly string[] } {
  if (!isDigest(reference)) {
    if (!isTag(reference)) throw new DistributionError('DISTRIBUTION_MANIFEST_INVALID', `not a tag: ${reference.slice(0, 200)}`)
    return { digest: digestOf(bytes), tags: [reference] }
  }
  const digest = digestOf(bytes, digestAlgorithm(reference))
  if (reference !== digest)
    throw new DistributionError('DISTRIBUTION_DIGEST_INVALID', `the manifest's digest is ${digest}, not ${reference}`)
  const tags = query.getAll('tag')
  const wrong = tags.length > MOST_TAGS ? `more than ${MOST_TAGS} tags` : tags.find((tag) => !isTag(tag))
  if (wrong !== undefined) throw new DistributionError('DISTRIBUTION_MANIFEST_INVALID', `not a tag: ${wrong.slice(0, 200)}`)
  return { digest, tags }
}

function checkManifest(bytes: Uint8Array, contentType: string | undefined): Manifest | Index {
  try {
    return parseManifest(bytes, contentType === undefined ? undefined : { mediaType: contentType, digest: digestOf(bytes) })
  } catch (error) {
    if (!hasErrorKind(error, 'invalid', 'corrupt', 'unsupported')) throw error
    throw new DistributionError('DISTRIBUTION_MANIFEST_INVALID', error.message, { cause: error })
  }
}

function mediaTypeOf(manifest: Manifest | Index, contentType: string | undefined): string {
  return manifest.mediaType ?? contentType ?? (isIndex(manifest) ? MEDIA_TYPES.ociIndex : MEDIA_TYPES.ociManifest)
}

/** Each once. Blobs that may be fetched from elsewhere (`urls`) need not be here, nor need the subject. */
function contentsOf(manifest: Manifest | Index): Iterable<Descriptor> {
  const all = isIndex(manifest) ? manifest.manifests : [manifest.config, ...manifest.layers.filter(({ urls }) => urls === undefined)]
  return new Map(all.map((descriptor) => [`${descriptor.digest} ${descriptor.size}`, descriptor])).values()
}

async function checkContents({ registry: { store }, repository }: Exchange, manifest: Manifest | Index): Promise<void> {
  for (const descriptor of contentsOf(manifest)) {
    if (!(await isMissing(repository, descriptor)) && (await store.has(descriptor))) continue
    throw new DistributionError(
      'DISTRIBUTION_MANIFEST_BLOB_UNKNOWN',
      `the manifest needs ${descriptor.digest}, which is not in ${repository.name}`,
    )
  }
}

/** Another registry on the same store may have collected what was not needed until now: the store still has it, and so must we. */
async function keepContents({ repository }: Exchange, manifest: Manifest | Index): Promise<void> {
  for (const descriptor of contentsOf(manifest)) {
    if (!(await isMissing(repository, descriptor))) continue
    await (isIndex(manifest) ? repository.putManifest(descriptor, []) : repository.linkBlob(descriptor))
  }
}

async function isMissing(repository: Repository, { digest }: Descriptor): Promise<boolean> {
  return (await repository.findBlob(digest)) === undefined
}
