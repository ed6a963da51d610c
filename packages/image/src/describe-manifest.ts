import type { Descriptor } from './descriptor.ts'
import type { Digest } from './digest.ts'
import { isIndex, parseManifest } from './manifest.ts'
import { MEDIA_TYPES } from './media-types.ts'

/**
 * The descriptor of a manifest or index that is known by its bytes only.
 * @throws ImageError `IMAGE_BAD_MANIFEST`, `IMAGE_TOO_LARGE`, `IMAGE_UNSUPPORTED_MEDIA_TYPE`
 */
export function describeManifest(digest: Digest, bytes: Uint8Array): Descriptor {
  const manifest = parseManifest(bytes)
  const mediaType = manifest.mediaType ?? (isIndex(manifest) ? MEDIA_TYPES.ociIndex : MEDIA_TYPES.ociManifest)
  return { mediaType, digest, size: bytes.byteLength }
}
