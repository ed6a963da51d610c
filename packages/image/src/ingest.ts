import type { Descriptor } from './descriptor.ts'
import type { Ingest } from './target.ts'
import { sizeMismatch } from './verified.ts'

/** Writes a whole body into an ingest and commits it; stops as soon as there is more than there should be. */
export async function ingestBlob(
  ingest: Ingest,
  descriptor: Descriptor,
  { body, signal }: { readonly body: AsyncIterable<Uint8Array>; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  for await (const chunk of body) {
    signal?.throwIfAborted()
    if (ingest.sizeBytes + chunk.byteLength > descriptor.size) {
      throw sizeMismatch(descriptor.digest, descriptor.size, `${ingest.sizeBytes + chunk.byteLength} or more`)
    }
    await ingest.write(chunk)
  }
  await ingest.commit(descriptor)
}

/** Lets a body go that nobody will read, so that what it holds is released. */
export async function release(body: AsyncIterable<Uint8Array>): Promise<void> {
  await body[Symbol.asyncIterator]().return?.()
}
