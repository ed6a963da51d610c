import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import {
  type Collection,
  type Descriptor,
  type Digest,
  type DigestAlgorithm,
  digestAlgorithm,
  type FetchOptions,
  ImageError,
  type ImageStore,
  type Ingest,
  ingestBlob,
  Leases,
  type ListRefsOptions,
  type PushOptions,
  release,
  resolveImage,
  type StoredReference,
} from '@ct/image'
import { BlobIngest } from './blob-ingest.ts'
import { BlobObjects } from './blob-objects.ts'
import { Bucket } from './bucket.ts'
import { collectBucket } from './collect-bucket.ts'
import { ReferenceObjects } from './reference-objects.ts'

/** Options of {@link S3ImageStore.open}. */
export interface S3ImageStoreOptions {
  readonly bucket: string
  /** Keys begin with it, and a slash is put between. @default '' */
  readonly prefix?: string | undefined
  /** Another service than Amazon's, as in `https://minio.example:9000`; buckets are then in the path. */
  readonly endpoint?: string | undefined
  /** @default what the AWS environment says, or 'us-east-1' with an endpoint */
  readonly region?: string | undefined
  /** @default what the AWS environment says: variables, profiles, the instance */
  readonly credentials?: S3ClientConfig['credentials'] | undefined
  /**
   * What is younger is not collected. It must be longer than twice the time from finding or pushing a blob to tagging what needs it,
   * and than twice what the clocks of writers differ by; the same for all of them. @default 3,600,000
   */
  readonly graceMs?: number | undefined
  /** Bytes sent at once: two such parts are in memory for each upload, and a blob has at most 10,000; 5 MiB at least. @default 8 MiB */
  readonly partBytes?: number | undefined
}

/**
 * Blobs and references in a bucket. Blobs appear under their digest only when they are whole and verified; references are replaced
 * atomically. Any number of processes write a store at the same time, and see each other's changes at once.
 */
export class S3ImageStore implements ImageStore, Disposable {
  readonly takesTransient = true
  readonly #client: S3Client
  readonly #bucket: Bucket
  readonly #blobs: BlobObjects
  readonly #refs: ReferenceObjects
  readonly #leases = new Leases()
  readonly #graceMs: number
  readonly #partBytes: number

  private constructor(client: S3Client, options: S3ImageStoreOptions) {
    const { bucket, prefix = '', graceMs = 3_600_000, partBytes = 8 * 1024 * 1024 } = options
    this.#client = client
    this.#bucket = new Bucket(client, { bucket, prefix: prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/` })
    this.#blobs = new BlobObjects(this.#bucket, { graceMs })
    this.#refs = new ReferenceObjects(this.#bucket)
    this.#graceMs = graceMs
    this.#partBytes = partBytes
  }

  /**
   * Opens the store in a bucket, which must be there.
   * @throws BucketError `BUCKET_MISSING`, `BUCKET_UNAUTHORIZED`, `BUCKET_DENIED`, `BUCKET_UNREACHABLE`, `BUCKET_FAILED`
   */
  static async open(options: S3ImageStoreOptions): Promise<S3ImageStore> {
    const { endpoint, region = endpoint === undefined ? undefined : 'us-east-1', credentials } = options
    const client = new S3Client({
      ...(region !== undefined && { region }),
      ...(credentials !== undefined && { credentials }),
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      // Blobs have digests of their own, and the checksums of AWS are not known everywhere.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: 5000, socketTimeout: 60_000 },
    })
    const store = new S3ImageStore(client, options)
    try {
      await store.#bucket.list('', 1).next()
      return store
    } catch (error) {
      client.destroy()
      throw error
    }
  }

  /** Takes a reference in any form, or the digest of a manifest that is here. */
  async resolve(ref: string): Promise<Descriptor> {
    const places = { document: (digest: Digest) => this.#blobs.document(digest), reference: (name: string) => this.#refs.read(name) }
    return resolveImage(ref, { ...places, name: this.#bucket.place(), hint: 'push it first' })
  }

  fetch(descriptor: Descriptor, options?: FetchOptions): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#blobs.fetch(descriptor, options)
  }

  /** Given a descriptor, a blob of another size is not taken for it. Under a lease, what is found is safe from every collector. */
  async has(blob: Descriptor | Digest): Promise<boolean> {
    const digest = typeof blob === 'string' ? blob : blob.digest
    this.#leases.touch(digest)
    const found = await (this.#leases.holds(digest) ? this.#blobs.claim(digest) : this.#blobs.info(digest))
    return typeof blob === 'string' ? found !== undefined : found?.size === blob.size
  }

  async push(descriptor: Descriptor, body: AsyncIterable<Uint8Array>, { signal }: PushOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    this.#leases.touch(descriptor.digest)
    if ((await this.#blobs.claim(descriptor.digest))?.size === descriptor.size) return release(body)
    await using ingest = await this.openIngest(digestAlgorithm(descriptor.digest))
    await ingestBlob(ingest, descriptor, { body, signal })
  }

  async openIngest(algorithm: DigestAlgorithm = 'sha256'): Promise<Ingest> {
    const publish = async (digest: Digest, write: (key: string) => Promise<void>): Promise<void> => {
      this.#leases.touch(digest)
      await this.#blobs.publish(digest, write)
    }
    return new BlobIngest(this.#bucket, { algorithm, partBytes: this.#partBytes, publish })
  }

  async tag(descriptor: Descriptor, ref: string): Promise<void> {
    if ((await this.#blobs.claim(descriptor.digest))?.size !== descriptor.size) {
      throw new ImageError('IMAGE_NO_BLOB', `${ref} cannot stand for ${descriptor.digest}, which is not in ${this.#bucket.place()}`, {
        kind: 'not-found',
      })
    }
    await this.#refs.write(ref, descriptor)
  }

  untag(ref: string): Promise<boolean> {
    return this.#refs.remove(ref)
  }

  listRefs(repository?: string, options?: ListRefsOptions): Promise<readonly StoredReference[]> {
    return this.#refs.list(repository, options)
  }

  listRepositories(registry: string): Promise<readonly string[]> {
    return this.#refs.repositories(registry)
  }

  info(digest: Digest): Promise<{ readonly size: number } | undefined> {
    return this.#blobs.info(digest)
  }

  async *list(): AsyncGenerator<{ readonly digest: Digest; readonly size: number }, void, undefined> {
    for await (const { digest, size } of this.#blobs.list()) yield { digest, size }
  }

  remove(digest: Digest): Promise<boolean> {
    return this.#blobs.remove(digest)
  }

  lease(): Disposable {
    return this.#leases.open()
  }

  /** Also removes what uploads left that nobody finished within a day. */
  collect(roots: Iterable<Digest> = []): Promise<Collection> {
    const parts = { bucket: this.#bucket, blobs: this.#blobs, refs: this.#refs, leases: this.#leases }
    return collectBucket(parts, { roots, graceMs: this.#graceMs })
  }

  /** Closes the connections to the service. */
  [Symbol.dispose](): void {
    this.#client.destroy()
  }
}
