import { type Digest, digestAlgorithm, isDigest, isRepositoryName } from '@ct/image'
import { DistributionError } from '../errors.ts'
import { answerEmpty, type Exchange } from '../exchange.ts'
import { quotaExceeded, quotaLeft, withinQuota } from '../operations/check-quota.ts'
import type { Upload } from '../uploads.ts'
import { checkDigest } from './blobs.ts'

/** POST: begins an upload, or ends it at once: with the blob as body, or by mounting one that is here. */
export async function startUpload(exchange: Exchange): Promise<void> {
  const { query, registry, repository, caller: owner } = exchange
  const mount = query.get('mount')
  if (mount !== null && isDigest(mount) && (await mountBlob(exchange, mount))) return answerCreated(exchange, mount)
  const digest = query.get('digest')
  if (digest === null) {
    const algorithm = query.get('digest-algorithm') === 'sha512' ? 'sha512' : undefined
    return answerAccepted(exchange, await registry.uploads.start({ repository: repository.name, owner }, algorithm))
  }
  const wanted = checkDigest(digest)
  const { id } = await registry.uploads.start({ repository: repository.name, owner }, digestAlgorithm(wanted))
  await registry.uploads.use({ id, repository: repository.name }, (upload) => receiveAll(exchange, upload, wanted))
}

/** PATCH: appends a chunk; with Content-Range, only the one that comes next. */
export async function appendUpload(exchange: Exchange): Promise<void> {
  await useUpload(exchange, async (upload) => {
    checkOrder(exchange, upload)
    await receive(exchange, upload)
    answerAccepted(exchange, upload)
  })
}

/** PUT: appends what the body has, checks the digest and publishes the blob. */
export async function finishUpload(exchange: Exchange): Promise<void> {
  const wanted = checkDigest(exchange.query.get('digest') ?? '')
  await useUpload(exchange, async (upload) => {
    checkOrder(exchange, upload)
    await receiveAll(exchange, upload, wanted)
  })
}

/** GET: how far an upload is, so that it can be resumed. */
export async function tellUpload(exchange: Exchange): Promise<void> {
  await useUpload(exchange, async (upload) => answerEmpty(exchange, 204, progressHeaders(exchange, upload)))
}

/** DELETE: gives an upload up. */
export async function cancelUpload(exchange: Exchange): Promise<void> {
  await useUpload(exchange, (upload) => exchange.registry.uploads.end(upload))
  answerEmpty(exchange, 204, {})
}

function useUpload({ registry, reference, repository }: Exchange, work: (upload: Upload) => Promise<void>): Promise<void> {
  return registry.uploads.use({ id: reference, repository: repository.name }, work)
}

/** Takes a blob over from the repository that `from` names, or else from any, if the caller may read it there. */
async function mountBlob({ query, registry, repository, admission }: Exchange, digest: Digest): Promise<boolean> {
  const from = query.get('from')
  // To look into every repository is much, and for nothing when nobody has it.
  if ((await registry.store.info(digest)) === undefined) return false
  const sources = from === null ? await registry.listRepositories() : [from].filter(isRepositoryName)
  using _lease = registry.store.lease?.()
  for (const source of sources) {
    if (!admission.may({ repository: source, action: 'pull' })) continue
    const found = await registry.openRepository(source).findBlob(digest)
    if (found === undefined || !(await registry.store.has(found))) continue
    await withinQuota(registry, repository, { digest, sizeBytes: found.size, link: () => repository.linkBlob(found) })
    return true
  }
  return false
}

async function receive({ request, registry, repository }: Exchange, { ingest }: Upload): Promise<void> {
  const left = await quotaLeft(registry, repository)
  if (ingest.sizeBytes + Number(request.headers['content-length'] ?? 0) > left) throw quotaExceeded(registry, repository)
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    if (ingest.sizeBytes + chunk.byteLength > left) throw quotaExceeded(registry, repository)
    await ingest.write(chunk)
  }
}

async function receiveAll(exchange: Exchange, upload: Upload, digest: Digest): Promise<void> {
  const { registry } = exchange
  using _lease = registry.store.lease?.()
  try {
    await receive(exchange, upload)
    await publish(exchange, upload, digest)
  } finally {
    await registry.uploads.end(upload)
  }
  answerCreated(exchange, digest)
}

async function publish({ registry, repository }: Exchange, { ingest }: Upload, digest: Digest): Promise<void> {
  const link = async (): Promise<void> => repository.linkBlob(await ingest.commit({ digest }))
  await withinQuota(registry, repository, { digest, sizeBytes: ingest.sizeBytes, link })
}

function checkOrder({ request }: Exchange, { id, ingest }: Upload): void {
  const range = request.headers['content-range']
  if (range === undefined) return
  const [, first, last] = /^(?:bytes )?(\d+)-(\d+)(?:\/.*)?$/.exec(range) ?? []
  if (first === undefined || Number(last) < Number(first)) {
    throw new DistributionError('DISTRIBUTION_BLOB_UPLOAD_INVALID', `malformed Content-Range ${range.slice(0, 100)}`)
  }
  if (Number(first) !== ingest.sizeBytes) {
    const message = `upload ${id} has ${ingest.sizeBytes} bytes, so the next chunk cannot begin at ${first}`
    throw new DistributionError('DISTRIBUTION_BLOB_UPLOAD_INVALID', message, { status: 416 })
  }
}

function answerAccepted(exchange: Exchange, upload: Upload): void {
  answerEmpty(exchange, 202, progressHeaders(exchange, upload))
}

function answerCreated(exchange: Exchange, digest: Digest): void {
  answerEmpty(exchange, 201, { location: `/v2/${exchange.repository.name}/blobs/${digest}`, 'docker-content-digest': digest })
}

function progressHeaders({ repository }: Exchange, { id, ingest }: Upload): Record<string, string> {
  return {
    location: `/v2/${repository.name}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, ingest.sizeBytes - 1)}`,
    'docker-upload-uuid': id,
  }
}
