import { describeManifest } from './describe-manifest.ts'
import type { Descriptor } from './descriptor.ts'
import { type Digest, isDigest } from './digest.ts'
import { ImageError } from './errors.ts'

/** Where a store keeps what a reference may lead to. */
export interface ImagePlaces {
  /** A blob small enough for a manifest, or `undefined`. */
  readonly document: (digest: Digest) => Promise<Uint8Array | undefined>
  /** What a reference stands for, in any form of it. */
  readonly reference: (ref: string) => Promise<Descriptor | undefined>
  /** What people call the store. */
  readonly name: string
  /** What to do about an image that is not there. */
  readonly hint: string
}

/**
 * Finds what a reference in any form, or the digest of a manifest, stands for in a store.
 * @throws ImageError `IMAGE_NO_REFERENCE`, `IMAGE_BAD_REFERENCE`
 */
export async function resolveImage(ref: string, { document, reference, name, hint }: ImagePlaces): Promise<Descriptor> {
  if (!isDigest(ref)) {
    const found = await reference(ref)
    if (found !== undefined) return found
  } else {
    const bytes = await document(ref)
    if (bytes !== undefined) return describeManifest(ref, bytes)
  }
  throw new ImageError('IMAGE_NO_REFERENCE', `no image ${ref} in ${name}`, { kind: 'not-found', hint })
}
