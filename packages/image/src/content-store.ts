import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BlobDirectory } from './blob-directory.ts'
import type { Descriptor } from './descriptor.ts'
import type { Digest, DigestAlgorithm } from './digest.ts'
import { ImageError } from './errors.ts'
import { isNote } from './internal-reference.ts'
import { Leases } from './leases.ts'
import { reachableOrDamaged } from './reachable.ts'
import { RefDirectory } from './ref-directory.ts'
import { resolveImage } from './resolve-image.ts'
import type { Collection, FetchOptions, ImageStore, Ingest, ListRefsOptions, PushOptions, StoredReference } from './target.ts'

/**
 * Blobs and references in a directory. Blobs appear under their digest only when they are whole, verified and on disk; references
 * are replaced atomically. One process writes a store; any number may read it.
 */
export class ContentStore implements ImageStore {
  readonly root: string
  readonly takesTransient = true
  readonly #blobs: BlobDirectory
  readonly #refs: RefDirectory
  readonly #leases = new Leases()
  readonly #removing = new Map<Digest, Promise<boolean>>()
  #last: Promise<unknown> = Promise.resolve()

  private constructor(root: string) {
    this.root = root
    this.#blobs = new BlobDirectory(root, (digest) => this.#claim(digest))
    this.#refs = new RefDirectory(join(root, 'refs'))
  }

  /** Opens the store in a directory, which is made when it is missing. */
  static async open(root: string): Promise<ContentStore> {
    const store = new ContentStore(root)
    await store.#blobs.prepare()
    await mkdir(join(root, 'refs'), { recursive: true })
    return store
  }

  /** Where a blob is, or would be. */
  path(digest: Digest): string {
    return this.#blobs.path(digest)
  }

  /** Takes a reference in any form, or the digest of a manifest that is here. */
  async resolve(ref: string): Promise<Descriptor> {
    const places = { document: (digest: Digest) => this.#blobs.document(digest), reference: (name: string) => this.#refs.read(name) }
    return resolveImage(ref, { ...places, name: this.root, hint: 'pull it first' })
  }

  fetch(descriptor: Descriptor, options?: FetchOptions): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#blobs.fetch(descriptor, options)
  }

  /** Given a descriptor, a blob of another size is not taken for it: it will be replaced by a push. */
  async has(blob: Descriptor | Digest): Promise<boolean> {
    const digest = typeof blob === 'string' ? blob : blob.digest
    await this.#claim(digest)
    return typeof blob === 'string' ? (await this.#blobs.info(digest)) !== undefined : this.#blobs.has(blob)
  }

  async push(descriptor: Descriptor, body: AsyncIterable<Uint8Array>, options?: PushOptions): Promise<void> {
    await this.#claim(descriptor.digest)
    await this.#blobs.push(descriptor, body, options)
  }

  openIngest(algorithm?: DigestAlgorithm): Promise<Ingest> {
    return this.#blobs.openIngest(algorithm)
  }

  async tag(descriptor: Descriptor, ref: string): Promise<void> {
    await this.#exclusively(async () => {
      if (!(await this.has(descriptor))) {
        throw new ImageError('IMAGE_NO_BLOB', `${ref} cannot stand for ${descriptor.digest}, which is not in ${this.root}`, {
          kind: 'not-found',
        })
      }
      await this.#refs.write(ref, descriptor)
    })
  }

  async untag(ref: string): Promise<boolean> {
    return this.#exclusively(() => this.#refs.remove(ref))
  }

  async listRefs(repository?: string, options?: ListRefsOptions): Promise<readonly StoredReference[]> {
    return this.#refs.list(repository, options)
  }

  async listRepositories(registry: string): Promise<readonly string[]> {
    return this.#refs.repositories(registry)
  }

  async info(digest: Digest): Promise<{ readonly size: number } | undefined> {
    return this.#blobs.info(digest)
  }

  list(): AsyncGenerator<{ readonly digest: Digest; readonly size: number }, void, undefined> {
    return this.#blobs.list()
  }

  async remove(digest: Digest): Promise<boolean> {
    const removing = this.#blobs.remove(digest).finally(() => this.#removing.delete(digest))
    this.#removing.set(digest, removing)
    return removing
  }

  lease(): Disposable {
    return this.#leases.open()
  }

  async collect(roots: Iterable<Digest> = []): Promise<Collection> {
    return this.#exclusively(async () => {
      await this.#blobs.prepare()
      const references = await this.#refs.list(undefined, { hasInternal: true })
      const tagged = references.filter(({ reference }) => !isNote(reference)).map(({ descriptor }) => descriptor)
      const read = (digest: Digest) => this.#blobs.document(digest)
      const { keep, damaged } = await reachableOrDamaged([...tagged, ...roots, ...this.#leases.digests()], read)
      if (damaged.length > 0) return { removed: [], freedBytes: 0, damaged }
      const removed: Digest[] = []
      let freedBytes = 0
      for await (const { digest, size } of this.#blobs.list()) {
        if (keep.has(digest) || this.#leases.holds(digest)) continue
        if (!(await this.remove(digest))) continue
        removed.push(digest)
        freedBytes += size
      }
      for (const { reference, descriptor } of references)
        if (isNote(reference) && (await this.#blobs.info(descriptor.digest)) === undefined) await this.#refs.remove(reference)
      return { removed, freedBytes, damaged }
    })
  }

  /** Notes under every lease that the blob is in use, and waits when it is being removed at this moment. */
  async #claim(digest: Digest): Promise<void> {
    this.#leases.touch(digest)
    await this.#removing.get(digest)
  }

  /** Tagging and collecting wait for each other: what is about to be tagged must not be swept away. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work)
    this.#last = mine.catch(() => undefined)
    return mine
  }
}
