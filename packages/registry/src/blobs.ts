import { once } from 'node:events'
import { type Digest, isDigest } from '@ct/image'
import { parseRange } from './byte-range.ts'
import { DistributionError } from './errors.ts'
import { answerEmpty, type Exchange } from './exchange.ts'

/** GET and HEAD of a blob, with a single byte range. */
export async function getBlob(exchange: Exchange): Promise<void> {
  const { request, store, reference, repository } = exchange
  const digest = checkDigest(reference)
  const info = await store.info(digest)
  if (info === undefined) throw new DistributionError('DISTRIBUTION_BLOB_UNKNOWN', `no blob ${digest} in ${repository}`)
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
    etag: `"${digest}"`,
  }
  const range = parseRange(request.headers.range, info.size)
  if (range === undefined) return sendBlob(exchange, digest, { start: 0, length: info.size, size: info.size }, { status: 200, headers })
  if (range === 'unsatisfiable') return answerEmpty(exchange, 416, { 'content-range': `bytes */${info.size}` })
  const { start, length } = range
  const contentRange = `bytes ${start}-${start + length - 1}/${info.size}`
  return sendBlob(
    exchange,
    digest,
    { start, length, size: info.size },
    { status: 206, headers: { ...headers, 'content-range': contentRange } },
  )
}

/** A blob of this store is read through every repository, so none of them may delete it. */
export function refuseBlobDeletion(): never {
  throw new DistributionError('DISTRIBUTION_UNSUPPORTED', 'blobs go when no manifest needs them; delete manifests')
}

/** A digest of the path. */
export function checkDigest(text: string): Digest {
  if (!isDigest(text)) throw new DistributionError('DISTRIBUTION_DIGEST_INVALID', `not a digest: ${text.slice(0, 200)}`)
  return text
}

async function sendBlob(
  { request, response, store, signal }: Exchange,
  digest: Digest,
  { start, length, size }: { readonly start: number; readonly length: number; readonly size: number },
  head: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
): Promise<void> {
  response.writeHead(head.status, { ...head.headers, 'content-length': length })
  if (request.method === 'HEAD') return void response.end()
  let left = length
  const body = store.fetch({ mediaType: 'application/octet-stream', digest, size }, { offset: start, verify: false, signal })
  for await (const chunk of body) {
    const part = chunk.length > left ? chunk.subarray(0, left) : chunk
    left -= part.length
    if (!response.write(part)) await once(response, 'drain', { signal })
    if (left === 0) break
  }
  response.end()
}
