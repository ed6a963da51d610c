import { type Descriptor, type Digest, type ImageStore, readBlob } from '@ct/image'

const MOST_BYTES = 32 * 1024 * 1024

/** Reads manifests, verified, and keeps in memory those that were asked for last: they are small, and asked for with every pull. */
export class ManifestBytes {
  readonly #store: ImageStore
  readonly #kept = new Map<Digest, Uint8Array>()
  #keptBytes = 0

  constructor(store: ImageStore) {
    this.#store = store
  }

  /** Whether a repository has the manifest must be known before: bytes are kept after the store has lost them. */
  async read(descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array> {
    const { digest } = descriptor
    const bytes = this.#kept.get(digest) ?? (await readBlob(this.#store, descriptor, { signal }))
    this.#drop(digest)
    this.#kept.set(digest, bytes)
    this.#keptBytes += bytes.byteLength
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= MOST_BYTES) break
      this.#drop(oldest)
    }
    return bytes
  }

  #drop(digest: Digest): void {
    this.#keptBytes -= this.#kept.get(digest)?.byteLength ?? 0
    this.#kept.delete(digest)
  }
}
