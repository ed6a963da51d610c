import type { ContentStore, Descriptor, DigestAlgorithm, FetchOptions, Ingest, IngestTarget, PushOptions } from '@ct/image'

/** The content store for a copy whose references must wait until the image is unpacked, so that no reference ever names a broken image. */
export class UntaggedTarget implements IngestTarget {
  /** What was to be tagged. */
  readonly tags: { readonly reference: string; readonly descriptor: Descriptor }[] = []
  readonly takesTransient = true
  readonly #store: ContentStore

  constructor(store: ContentStore) {
    this.#store = store
  }

  resolve(reference: string): Promise<Descriptor> {
    return this.#store.resolve(reference)
  }

  fetch(descriptor: Descriptor, options?: FetchOptions): AsyncIterable<Uint8Array> {
    return this.#store.fetch(descriptor, options)
  }

  has(descriptor: Descriptor): Promise<boolean> {
    return this.#store.has(descriptor)
  }

  push(descriptor: Descriptor, body: AsyncIterable<Uint8Array>, options?: PushOptions): Promise<void> {
    return this.#store.push(descriptor, body, options)
  }

  async tag(descriptor: Descriptor, reference: string): Promise<void> {
    this.tags.push({ descriptor, reference })
  }

  openIngest(algorithm?: DigestAlgorithm): Promise<Ingest> {
    return this.#store.openIngest(algorithm)
  }

  lease(): Disposable {
    return this.#store.lease()
  }
}
