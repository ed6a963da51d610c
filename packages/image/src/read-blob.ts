import type { Descriptor } from './descriptor.ts'
import { ImageError } from './errors.ts'
import { MAX_DOCUMENT_BYTES } from './parse-document.ts'
import type { Source } from './target.ts'
import { verified } from './verified.ts'

/** Options of {@link readBlob}. */
export interface ReadBlobOptions {
  /** @default 4 MiB */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a small blob whole and verified: a manifest, an index, a config.
 * @throws ImageError `IMAGE_TOO_LARGE`, `IMAGE_DIGEST_MISMATCH`, `IMAGE_SIZE_MISMATCH`
 */
export async function readBlob(
  source: Pick<Source, 'fetch'>,
  descriptor: Descriptor,
  { maxBytes = MAX_DOCUMENT_BYTES, signal }: ReadBlobOptions = {},
): Promise<Uint8Array> {
  if (descriptor.size > maxBytes) {
    throw new ImageError('IMAGE_TOO_LARGE', `blob ${descriptor.digest} has ${descriptor.size} bytes; the limit here is ${maxBytes}`, {
      kind: 'exhausted',
    })
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of verified(descriptor, source.fetch(descriptor, { signal, verify: false }))) chunks.push(chunk)
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}
