import { createHash } from 'node:crypto'
import { ImageError } from './errors.ts'

declare const brand: unique symbol

/** The digest of a blob as stored, `sha256:<64 hex>` or `sha512:<128 hex>`. Only {@link parseDigest} and {@link digestOf} make one. */
export type Digest = string & { readonly [brand]: 'digest' }

/** The digest algorithms of the image spec that are accepted. */
export type DigestAlgorithm = 'sha256' | 'sha512'

/** Computes a digest piece by piece; feed it large chunks, each call has a cost. */
export interface Digester {
  update(chunk: Uint8Array): void
  /** The digest of everything so far; may be called once. */
  digest(): Digest
}

const pattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/**
 * Checks a digest as the image spec writes it.
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
 * @throws ImageError `IMAGE_BAD_DIGEST`
 */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new ImageError('IMAGE_BAD_DIGEST', `not a digest: ${JSON.stringify(text.slice(0, 160))}`, {
      kind: 'invalid',
      hint: 'a digest is "sha256:" and 64 lower-case hexadecimal digits, or "sha512:" and 128',
    })
  }
  return text
}

/** Whether a text is a well-formed digest of an accepted algorithm. */
export function isDigest(text: string): text is Digest {
  return pattern.test(text)
}

/** The digest of some bytes. */
export function digestOf(bytes: Uint8Array | string, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`)
}

/** Starts a digest that is fed in pieces. */
export function createDigester(algorithm: DigestAlgorithm = 'sha256'): Digester {
  const state = createHash(algorithm)
  return {
    update: (chunk) => void state.update(chunk),
    digest: () => parseDigest(`${algorithm}:${state.digest('hex')}`),
  }
}

/** The part of a digest before the colon. */
export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256'
}

/** The part of a digest after the colon. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1)
}
