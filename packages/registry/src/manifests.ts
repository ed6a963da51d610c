import {
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
import { hasErrorKind } from './error-answer.ts'
import { DistributionError } from './errors.ts'
import { answerEmpty, type Exchange } from './exchange.ts'

/** GET and HEAD of a manifest, by tag or digest; the bytes are those that were pushed. */
export async function getManifest(exchange: Exchange): Promise<void> {
  const { request, response } = exchange
  const { descriptor, bytes } = await readManifest(exchange)
  response.writeHead(200, {
    'content-type': descriptor.mediaType,
    'content-length': bytes.length,
    'docker-content-digest': descriptor.digest,
    etag: `"${descriptor.digest}"`,
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

/** PUT of a manifest, by tag or digest; everything that it names must be here before. */
export async function putManifest(exchange: Exchange): Promise<void> {
  const { request, store, reference, repository } = exchange
  const bytes = await readBody(exchange)
  const algorithm = isDigest(reference) ? digestAlgorithm(reference) : 'sha256'
  const digest = digestOf(bytes, algorithm)
  if (isDigest(reference) ? reference !== digest : !isTag(reference)) {
    const message = isDigest(reference) ? `the manifest's digest is ${digest}, not ${reference}` : `not a tag: ${reference.slice(0, 200)}`
    throw new DistributionError(isDigest(reference) ? 'DISTRIBUTION_DIGEST_INVALID' : 'DISTRIBUTION_MANIFEST_INVALID', message)
  }
  const contentType = request.headers['content-type']?.split(';')[0]?.trim()
  const manifest = checkManifest(bytes, contentType)
  using _lease = store.lease?.()
  await checkBlobs(exchange, manifest)
  const descriptor = { mediaType: mediaTypeOf(manifest, contentType), digest, size: bytes.length }
  await store.push(descriptor, toBody(bytes))
  await store.tag(descriptor, heldName(exchange, digest))
  if (!isDigest(reference)) await store.tag(descriptor, tagName(exchange, reference))
  answerEmpty(exchange, 201, { location: `/v2/${repository}/manifests/${digest}`, 'docker-content-digest': digest })
}

/** DELETE by tag removes the tag; by digest, the manifest from this repository with all its tags. */
export async function deleteManifest(exchange: Exchange): Promise<void> {
  const { store, reference, storeName, repository } = exchange
  const refs = await store.listRefs(`${storeName}/${repository}`)
  const wanted = isDigest(reference) ? undefined : tagName(exchange, reference)
  const doomed = refs.filter((ref) => (wanted === undefined ? ref.descriptor.digest === reference : ref.reference === wanted))
  if (doomed.length === 0) throw unknownManifest(exchange)
  for (const { reference: name } of doomed) await store.untag(name)
  answerEmpty(exchange, 202, {})
}

async function readManifest(exchange: Exchange): Promise<{ readonly descriptor: Descriptor; readonly bytes: Buffer }> {
  const descriptor = await resolveManifest(exchange)
  if (descriptor.size > MAX_DOCUMENT_BYTES) throw unknownManifest(exchange)
  const chunks: Uint8Array[] = []
  for await (const chunk of exchange.store.fetch(descriptor, { signal: exchange.signal })) chunks.push(chunk)
  return { descriptor, bytes: Buffer.concat(chunks) }
}

async function resolveManifest(exchange: Exchange): Promise<Descriptor> {
  const { store, storeName, repository, reference } = exchange
  if (isDigest(reference)) {
    const refs = await store.listRefs(`${storeName}/${repository}`)
    const found = refs.find(({ descriptor }) => descriptor.digest === reference)
    if (found === undefined) throw unknownManifest(exchange)
    return found.descriptor
  }
  if (!isTag(reference)) throw unknownManifest(exchange)
  try {
    return await store.resolve(tagName(exchange, reference))
  } catch (error) {
    if (hasErrorKind(error, 'not-found')) throw unknownManifest(exchange, error)
    throw error
  }
}

function unknownManifest({ repository, reference }: Exchange, cause?: unknown): DistributionError {
  return new DistributionError('DISTRIBUTION_MANIFEST_UNKNOWN', `no manifest ${reference.slice(0, 200)} in ${repository}`, { cause })
}

function tagName({ storeName, repository }: Exchange, tag: string): string {
  return `${storeName}/${repository}:${tag}`
}

/** Every manifest is held by a reference with its digest: removing a tag does not remove it. */
function heldName({ storeName, repository }: Exchange, digest: Digest): string {
  return `${storeName}/${repository}@${digest}`
}

async function readBody({ request }: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_DOCUMENT_BYTES) {
      throw new DistributionError('DISTRIBUTION_SIZE_INVALID', `a manifest has at most ${MAX_DOCUMENT_BYTES} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function checkManifest(bytes: Buffer, contentType: string | undefined): Manifest | Index {
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

/** Blobs that may be fetched from elsewhere (`urls`) need not be here. */
async function checkBlobs({ store }: Exchange, manifest: Manifest | Index): Promise<void> {
  const needed = isIndex(manifest) ? manifest.manifests : [manifest.config, ...manifest.layers.filter(({ urls }) => urls === undefined)]
  for (const descriptor of needed) {
    if (await store.has(descriptor)) continue
    throw new DistributionError('DISTRIBUTION_MANIFEST_BLOB_UNKNOWN', `the manifest needs ${descriptor.digest}, which is not here`)
  }
}

async function* toBody(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes
}
