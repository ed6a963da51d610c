import { bodyOf } from './body-of.ts'
import { describeManifest } from './describe-manifest.ts'
import type { Descriptor } from './descriptor.ts'
import { type Digest, type DigestAlgorithm, digestAlgorithm, digestOf, isDigest } from './digest.ts'
import { ImageError } from './errors.ts'
import { ingestBlob, release } from './ingest.ts'
import { isInternalReference, isNote } from './internal-reference.ts'
import { Leases } from './leases.ts'
import { MAX_DOCUMENT_BYTES } from './parse-document.ts'
import { reachable } from './reachable.ts'
import { formatReference, parseExactReference, parseReference } from './reference.ts'
import type { Collection, Expected, FetchOptions, ImageStore, Ingest, ListRefsOptions, PushOptions, StoredReference } from './target.ts'
import { checkContent, verified } from './verified.ts'

/** A store that lives in memory, for tests and for small images made on the way. */
export class MemoryStore implements ImageStore {
  readonly takesTransient = true
  readonly #blobs = new Map<Digest, Uint8Array>()
  readonly #refs = new Map<string, Descriptor>()
  readonly #leases = new Leases()

  async resolve(ref: string): Promise<Descriptor> {
    if (isDigest(ref)) return describeManifest(ref, this.#get(ref))
    const descriptor = this.#refs.get(formatReference(parseExactReference(ref)))
    if (descriptor === undefined) throw new ImageError('IMAGE_NO_REFERENCE', `no image ${ref} in the memory store`, { kind: 'not-found' })
    return descriptor
  }

  async *fetch(
    descriptor: Descriptor,
    { signal, offset = 0, verify = true }: FetchOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    signal?.throwIfAborted()
    const bytes = this.#get(descriptor.digest)
    const body = bodyOf(offset === 0 ? bytes : bytes.subarray(offset))
    yield* verify && offset === 0 ? verified(descriptor, body) : body
  }

  async has(blob: Descriptor | Digest): Promise<boolean> {
    const digest = typeof blob === 'string' ? blob : blob.digest
    this.#leases.touch(digest)
    return this.#blobs.has(digest)
  }

  async push(descriptor: Descriptor, body: AsyncIterable<Uint8Array>, { signal }: PushOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    if (await this.has(descriptor)) return release(body)
    await using ingest = await this.openIngest(digestAlgorithm(descriptor.digest))
    await ingestBlob(ingest, descriptor, { body, signal })
  }

  async openIngest(algorithm: DigestAlgorithm = 'sha256'): Promise<Ingest> {
    return new MemoryIngest(algorithm, (digest, bytes) => {
      this.#leases.touch(digest)
      this.#blobs.set(digest, bytes)
    })
  }

  async tag(descriptor: Descriptor, ref: string): Promise<void> {
    const key = formatReference(parseExactReference(ref))
    this.#get(descriptor.digest)
    this.#refs.set(key, descriptor)
  }

  async untag(ref: string): Promise<boolean> {
    return this.#refs.delete(formatReference(parseExactReference(ref)))
  }

  async listRefs(repository?: string, { hasInternal = false }: ListRefsOptions = {}): Promise<readonly StoredReference[]> {
    const isListed = (reference: string): boolean =>
      repository === undefined
        ? hasInternal || !isInternalReference(reference)
        : reference.startsWith(`${repository}:`) || reference.startsWith(`${repository}@`)
    return [...this.#refs]
      .filter(([reference]) => isListed(reference))
      .map(([reference, descriptor]) => ({ reference, descriptor }))
      .sort((a, b) => (a.reference < b.reference ? -1 : 1))
  }

  async listRepositories(registry: string): Promise<readonly string[]> {
    const references = [...this.#refs.keys()].map(parseReference).filter((reference) => reference.registry === registry)
    return [...new Set(references.map(({ repository }) => repository))].sort()
  }

  async info(digest: Digest): Promise<{ readonly size: number } | undefined> {
    const bytes = this.#blobs.get(digest)
    return bytes && { size: bytes.byteLength }
  }

  async *list(): AsyncGenerator<{ readonly digest: Digest; readonly size: number }, void, undefined> {
    for (const [digest, bytes] of this.#blobs) yield { digest, size: bytes.byteLength }
  }

  async remove(digest: Digest): Promise<boolean> {
    return this.#blobs.delete(digest)
  }

  lease(): Disposable {
    return this.#leases.open()
  }

  async collect(roots: Iterable<Digest> = []): Promise<Collection> {
    const tagged = [...this.#refs].filter(([reference]) => !isNote(reference)).map(([, descriptor]) => descriptor)
    const keep = await reachable([...tagged, ...roots, ...this.#leases.digests()], async (digest) => {
      const bytes = this.#blobs.get(digest)
      return bytes !== undefined && bytes.byteLength <= MAX_DOCUMENT_BYTES ? bytes : undefined
    })
    const removed: Digest[] = []
    let freedBytes = 0
    for (const [digest, bytes] of this.#blobs) {
      if (keep.has(digest) || this.#leases.holds(digest)) continue
      this.#blobs.delete(digest)
      removed.push(digest)
      freedBytes += bytes.byteLength
    }
    for (const [reference, { digest }] of this.#refs) if (isNote(reference) && !this.#blobs.has(digest)) this.#refs.delete(reference)
    return { removed, freedBytes, damaged: [] }
  }

  #get(digest: Digest): Uint8Array {
    const bytes = this.#blobs.get(digest)
    if (bytes === undefined) throw new ImageError('IMAGE_NO_BLOB', `no blob ${digest} in the memory store`, { kind: 'not-found' })
    return bytes
  }
}

class MemoryIngest implements Ingest {
  sizeBytes = 0
  readonly #chunks: Uint8Array[] = []
  readonly #algorithm: DigestAlgorithm
  readonly #publish: (digest: Digest, bytes: Uint8Array) => void

  constructor(algorithm: DigestAlgorithm, publish: (digest: Digest, bytes: Uint8Array) => void) {
    this.#algorithm = algorithm
    this.#publish = publish
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(Uint8Array.from(chunk))
    this.sizeBytes += chunk.byteLength
  }

  async commit(expected: Expected = {}): Promise<{ readonly digest: Digest; readonly size: number }> {
    const bytes = Buffer.concat(this.#chunks)
    const algorithm = expected.digest === undefined ? this.#algorithm : digestAlgorithm(expected.digest)
    const actual = { digest: digestOf(bytes, algorithm), size: this.sizeBytes }
    checkContent(expected, actual)
    this.#publish(actual.digest, bytes)
    return actual
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#chunks.length = 0
  }
}
