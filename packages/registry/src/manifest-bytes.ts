import { type Descriptor, type Digest, type ImageStore, readBlob } from '@ct/image'

const MOST_BYTES = 32 * 1024 * 1024
const TRUSTED_MS = 5000

interface Kept {
  readonly bytes: Uint8Array
  /** When the store was last known to have them. */
  readonly seenAtMs: number
}

/** Reads manifests, verified, and keeps in memory those that were asked for last: they are small, and asked for with every pull. */
export class ManifestBytes {
  readonly #store: ImageStore
  readonly #trustedMs: number
  readonly #kept = new Map<Digest, Kept>()
  #keptBytes = 0

  /** What is in memory is served for so long after the store has lost it. */
  constructor(store: ImageStore, { trustedMs = TRUSTED_MS }: { readonly trustedMs?: number } = {}) {
    this.#store = store
    this.#trustedMs = trustedMs
  }

  /** Whether a repository has the manifest must be known before. */
  async read(descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array> {
    const { digest } = descriptor
    const kept = (await this.#find(digest)) ?? {
      bytes: await readBlob(this.#store, descriptor, { signal }),
      seenAtMs: performance.now(),
    }
    this.#drop(digest)
    this.#kept.set(digest, kept)
    this.#keptBytes += kept.bytes.byteLength
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= MOST_BYTES) break
      this.#drop(oldest)
    }
    return kept.bytes
  }

  async #find(digest: Digest): Promise<Kept | undefined> {
    const kept = this.#kept.get(digest)
    const nowMs = performance.now()
    if (kept === undefined || nowMs - kept.seenAtMs < this.#trustedMs) return kept
    if ((await this.#store.info(digest)) !== undefined) return { bytes: kept.bytes, seenAtMs: nowMs }
    this.#drop(digest)
    return undefined
  }

  #drop(digest: Digest): void {
    this.#keptBytes -= this.#kept.get(digest)?.bytes.byteLength ?? 0
    this.#kept.delete(digest)
  }
}
