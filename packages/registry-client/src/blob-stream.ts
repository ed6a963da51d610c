import type { Descriptor, FetchOptions } from '@ct/image'
import { bodyOf, type HttpResponse, headerOf } from './http.ts'
import { protocolError } from './network-error.ts'
import type { RetryOptions } from './options.ts'
import { Again, Backoff, isPassing } from './retry.ts'

/** Requests a blob from a byte on. */
export type RequestBlob = (offset: number) => Promise<HttpResponse>

/** How a blob is read. */
export interface BlobStreamOptions extends Pick<FetchOptions, 'signal' | 'transient'> {
  readonly offset: number
  readonly retry: RetryOptions
}

/**
 * The bytes of a blob. When the connection breaks, or ends too early, it goes on where it was; the count of attempts starts again
 * with every byte that arrives. The bytes are not verified.
 */
export async function* blobStream(
  descriptor: Descriptor,
  request: RequestBlob,
  { offset, retry, signal, transient }: BlobStreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const backoff = new Backoff(retry)
  let position = offset
  while (position < descriptor.size) {
    try {
      const response = await request(position)
      let skip = await bytesToSkip(response, position)
      for await (const chunk of bodyOf(response, { transient })) {
        signal?.throwIfAborted()
        const wanted = chunk.subarray(Math.min(skip, chunk.byteLength))
        skip -= chunk.byteLength - wanted.byteLength
        if (wanted.byteLength === 0) continue
        position += wanted.byteLength
        backoff.reset()
        yield wanted
      }
      if (position < descriptor.size) await backoff.pause(new Again(protocolError(response.url, 'the blob ends too early')), signal)
    } catch (error) {
      signal?.throwIfAborted()
      // Once bytes have come the registry was there, so that even a refused connection may pass.
      if (!isPassing(error) && !(position > offset && isConnectionRefused(error))) throw error
      await backoff.pause(new Again(error), signal)
    }
  }
}

/** A registry that does not know ranges sends all from the beginning. */
async function bytesToSkip(response: HttpResponse, position: number): Promise<number> {
  if (response.status !== 206) return position
  const start = /^bytes (\d+)-/.exec(headerOf(response, 'content-range') ?? '')?.[1]
  if (start === undefined || Number(start) === position) return 0
  // A body that is left alone would keep its connection for good.
  await response.body.dump()
  throw protocolError(response.url, 'it sent another range than the one asked for')
}

function isConnectionRefused(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ECONNREFUSED'
}
