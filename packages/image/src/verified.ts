import type { Descriptor } from './descriptor.ts'
import { createDigester, type Digest, digestAlgorithm } from './digest.ts'
import { ImageError } from './errors.ts'
import type { Expected } from './target.ts'

/**
 * Passes bytes through and checks them: the chunk that completes the blob comes only when digest and size match. Chunks may be
 * transient: the producer's again when the next one is asked for.
 * @throws ImageError `IMAGE_DIGEST_MISMATCH`, `IMAGE_SIZE_MISMATCH`
 */
export async function* verified(
  descriptor: Pick<Descriptor, 'digest' | 'size'>,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const digester = createDigester(digestAlgorithm(descriptor.digest))
  let size = 0
  let last: Uint8Array | undefined
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > descriptor.size) throw sizeMismatch(descriptor.digest, descriptor.size, `${size} or more`)
    digester.update(chunk)
    if (chunk.byteLength === 0) continue
    if (size < descriptor.size) yield chunk
    // Whether it is the end is known only when the body has ended, and a transient chunk is gone by then.
    else last = Buffer.from(chunk)
  }
  checkContent(descriptor, { digest: digester.digest(), size })
  if (last !== undefined) yield last
}

/** Throws unless what came is what was expected. */
export function checkContent(expected: Expected, actual: { readonly digest: Digest; readonly size: number }): void {
  if (expected.size !== undefined && expected.size !== actual.size) {
    throw sizeMismatch(expected.digest ?? actual.digest, expected.size, `${actual.size}`)
  }
  if (expected.digest !== undefined && expected.digest !== actual.digest) {
    throw new ImageError('IMAGE_DIGEST_MISMATCH', `blob ${expected.digest} has the content of ${actual.digest}`, {
      kind: 'corrupt',
      hint: 'it was damaged on its way or where it is stored; fetch it again',
    })
  }
}

/** The error for a blob that is longer or shorter than its descriptor says. */
export function sizeMismatch(digest: Digest, expected: number, actual: string): ImageError {
  return new ImageError('IMAGE_SIZE_MISMATCH', `blob ${digest} has ${actual} bytes instead of ${expected}`, {
    kind: 'corrupt',
    hint: 'it was cut short or is not the blob that was asked for; fetch it again',
  })
}
