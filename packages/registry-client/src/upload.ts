import { isCtError } from '@ct/errors'
import { type Descriptor, verified } from '@ct/image'
import { headerOf } from './http.ts'
import { protocolError } from './network-error.ts'
import type { Transport } from './transport.ts'

/** Where an upload goes. */
export interface UploadTarget {
  readonly transport: Transport
  readonly registry: string
  readonly repository: string
  readonly scopes: readonly string[]
  readonly signal?: AbortSignal | undefined
}

/**
 * Uploads a blob in one piece: POST for a place, PUT of the bytes there. The bytes are verified on their way, so that a wrong blob
 * never reaches the registry whole; the place is given up when something fails.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#post-then-put
 */
export async function uploadBlob(descriptor: Descriptor, body: AsyncIterable<Uint8Array>, target: UploadTarget): Promise<void> {
  const { transport, signal, ...rest } = target
  const started = await transport.send({ ...rest, method: 'POST', url: uploadsPath(target.repository), expect: [202], signal })
  await started.body.dump()
  const location = placeOf(headerOf(started, 'location'), started.url)
  const place = new URL(location)
  place.searchParams.set('digest', descriptor.digest)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': `${descriptor.size}` }
  try {
    const stream = descriptor.size === 0 ? await drained(descriptor, body) : verified(descriptor, body)
    const done = await transport.send({ ...rest, method: 'PUT', url: place, headers, body: stream, expect: [201, 204], signal })
    await done.body.dump()
  } catch (error) {
    await cancelUpload(location, target)
    throw error
  }
}

/** Asks for a blob of another repository of the same registry; without success an upload was begun, which is given up. */
export async function mountBlob(descriptor: Descriptor, from: string, target: UploadTarget): Promise<boolean> {
  const { transport, signal, ...rest } = target
  const query = new URLSearchParams({ mount: descriptor.digest, from })
  const scopes = [...target.scopes, `repository:${from}:pull`]
  const answer = await transport.send({
    ...rest,
    scopes,
    method: 'POST',
    url: `${uploadsPath(target.repository)}?${query}`,
    expect: [200, 201, 202, 400, 401, 403, 404, 405],
    signal,
  })
  await answer.body.dump()
  const location = headerOf(answer, 'location')
  if (answer.status === 202 && location !== undefined) await cancelUpload(placeOf(location, answer.url), target)
  return answer.status === 201
}

function uploadsPath(repository: string): string {
  return `/v2/${repository}/blobs/uploads/`
}

/** The place may be named relative to the request or in full. */
function placeOf(location: string | undefined, base: URL): URL {
  if (location === undefined || !URL.canParse(location, base.href)) throw protocolError(base, 'it began an upload without saying where')
  return new URL(location, base)
}

/** An empty body is sent as no stream, and read to see that it is empty. */
async function drained(descriptor: Descriptor, body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  for await (const _ of verified(descriptor, body));
  return Buffer.alloc(0)
}

/** A courtesy: registries forget uploads after a while. */
async function cancelUpload(location: URL, { transport, signal: _, ...rest }: UploadTarget): Promise<void> {
  try {
    const answer = await transport.send({ ...rest, method: 'DELETE', url: location, expect: anyStatus, signal: AbortSignal.timeout(2_000) })
    await answer.body.dump()
  } catch (error) {
    if (!isCtError(error) && !(error instanceof DOMException)) throw error
  }
}

const anyStatus: readonly number[] = Array.from({ length: 400 }, (_, i) => 200 + i)
