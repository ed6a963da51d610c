import { once } from 'node:events'
import { type Digest, isDigest } from '@ct/image'
import { parseRange } from '../byte-range.ts'
import { DistributionError } from '../errors.ts'
import { answerEmpty, type Exchange } from '../exchange.ts'

/** GET and HEAD of a blob, with a single byte range. */
export async function getBlob(exchange: Exchange): Promise<void> {
  const { request, registry, repository, reference, signal } = exchange
  const digest = checkDigest(reference)
  const found = (await repository.findBlob(digest)) ?? (await registry.upstream?.fetchBlob(repository, digest, signal))
  const info = found === undefined ? undefined : await registry.store.info(digest)
  if (info === undefined) throw unknownBlob(exchange, digest)
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
    etag: `"${digest}"`,
  }
  const whole = { start: 0, length: info.size, size: info.size }
  const condition = request.headers['if-range']
  const range = condition === undefined || condition === headers.etag ? parseRange(request.headers.range, info.size) : undefined
  if (range === undefined) return sendBlob(exchange, digest, whole, { status: 200, headers })
  if (range === 'unsatisfiable') return answerEmpty(exchange, 416, { 'content-range': `bytes */${info.size}` })
  const contentRange = `bytes ${range.start}-${range.start + range.length - 1}/${info.size}`
  return sendBlob(exchange, digest, { ...whole, ...range }, { status: 206, headers: { ...headers, 'content-range': contentRange } })
}

/** DELETE takes a blob out of this repository; its bytes go with the next collection, unless others have it. */
export async function deleteBlob(exchange: Exchange): Promise<void> {
  const { registry, repository, reference } = exchange
  const digest = checkDigest(reference)
  await registry.locks.run(repository.name, async () => {
    const isBlob = (await repository.findBlob(digest)) !== undefined && (await repository.findManifest(digest)) === undefined
    if (!isBlob) throw unknownBlob(exchange, digest)
    await repository.unlink(digest)
  })
  answerEmpty(exchange, 202, {})
}

/** A digest of the path. */
export function checkDigest(text: string): Digest {
  if (!isDigest(text)) throw new DistributionError('DISTRIBUTION_DIGEST_INVALID', `not a digest: ${text.slice(0, 200)}`)
  return text
}

function unknownBlob({ repository }: Exchange, digest: Digest): DistributionError {
  return new DistributionError('DISTRIBUTION_BLOB_UNKNOWN', `no blob ${digest} in ${repository.name}`)
}

async function sendBlob(
  { request, response, registry: { store }, signal }: Exchange,
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
  // An answer that ends early would let the next one on this connection be taken for its rest.
  if (left > 0) throw new Error(`the store has ${left} bytes of blob ${digest} less than it said`)
  response.end()
}
