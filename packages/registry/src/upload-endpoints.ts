import { type Digest, digestAlgorithm, isDigest } from '@ct/image'
import { checkDigest } from './blobs.ts'
import { DistributionError } from './errors.ts'
import { answerEmpty, type Exchange } from './exchange.ts'
import type { Upload } from './uploads.ts'

/** POST: begins an upload, or ends it at once: with the blob as body, or by mounting one that is here. */
export async function startUpload(exchange: Exchange): Promise<void> {
  const { query, store, uploads, repository } = exchange
  const mount = query.get('mount')
  if (mount !== null && isDigest(mount) && (await store.has(mount))) return answerCreated(exchange, mount)
  const digest = query.get('digest')
  if (digest === null) return answerAccepted(exchange, await uploads.start(repository))
  const wanted = checkDigest(digest)
  const { id } = await uploads.start(repository, digestAlgorithm(wanted))
  await uploads.use({ id, repository }, (upload) => receiveAll(exchange, upload, wanted))
}

/** PATCH: appends a chunk; with Content-Range, only the one that comes next. */
export async function appendUpload(exchange: Exchange): Promise<void> {
  await exchange.uploads.use({ id: exchange.reference, repository: exchange.repository }, async (upload) => {
    checkOrder(exchange, upload)
    await receive(exchange, upload)
    answerAccepted(exchange, upload)
  })
}

/** PUT: appends what the body has, checks the digest and publishes the blob. */
export async function finishUpload(exchange: Exchange): Promise<void> {
  const wanted = checkDigest(exchange.query.get('digest') ?? '')
  await exchange.uploads.use({ id: exchange.reference, repository: exchange.repository }, async (upload) => {
    checkOrder(exchange, upload)
    await receiveAll(exchange, upload, wanted)
  })
}

/** GET: how far an upload is, so that it can be resumed. */
export async function tellUpload(exchange: Exchange): Promise<void> {
  await exchange.uploads.use({ id: exchange.reference, repository: exchange.repository }, async (upload) => {
    answerEmpty(exchange, 204, progressHeaders(exchange, upload))
  })
}

/** DELETE: gives an upload up. */
export async function cancelUpload(exchange: Exchange): Promise<void> {
  await exchange.uploads.use({ id: exchange.reference, repository: exchange.repository }, (upload) => exchange.uploads.end(upload))
  answerEmpty(exchange, 204, {})
}

async function receive({ request }: Exchange, { ingest }: Upload): Promise<void> {
  for await (const chunk of request) await ingest.write(chunk as Uint8Array)
}

async function receiveAll(exchange: Exchange, upload: Upload, digest: Digest): Promise<void> {
  try {
    await receive(exchange, upload)
    await upload.ingest.commit({ digest })
  } finally {
    await exchange.uploads.end(upload)
  }
  answerCreated(exchange, digest)
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
  answerEmpty(exchange, 201, { location: `/v2/${exchange.repository}/blobs/${digest}`, 'docker-content-digest': digest })
}

function progressHeaders({ repository }: Exchange, { id, ingest }: Upload): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, ingest.sizeBytes - 1)}`,
    'docker-upload-uuid': id,
  }
}
