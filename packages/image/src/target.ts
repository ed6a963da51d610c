import type { Descriptor } from './descriptor.ts'
import type { Digest, DigestAlgorithm } from './digest.ts'
import type { ImageError } from './errors.ts'

/** Options of {@link Source.fetch}. */
export interface FetchOptions {
  readonly signal?: AbortSignal | undefined
  /** First byte wanted; bytes from the middle are not verified. @default 0 */
  readonly offset?: number | undefined
  /** `false` leaves verification to the receiver, as {@link Target.push} does it anyway. @default true */
  readonly verify?: boolean | undefined
  /**
   * A chunk may be good only until the next one is asked for, which spares memory and time. Of no effect on bytes that are verified.
   * @default false
   */
  readonly transient?: boolean | undefined
}

/** Options of every other call that waits. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link Target.push}. */
export interface PushOptions extends CallOptions {
  /** Gives the bytes again, from an offset, so that a target which lost its connection can go on instead of failing. */
  readonly reopen?: ((offset: number) => AsyncIterable<Uint8Array>) | undefined
}

/** Where images come from: a store, a layout, an archive, a repository of a registry. */
export interface Source {
  /** What a reference stands for now. Rejects with an error of kind `not-found`. */
  resolve(ref: string, options?: CallOptions): Promise<Descriptor>
  /**
   * The bytes of a blob or manifest, verified: the chunk that completes the blob comes only when digest and size match. Chunks are the
   * receiver's, unless it asked for transient ones.
   */
  fetch(descriptor: Descriptor, options?: FetchOptions): AsyncIterable<Uint8Array>
  /** The manifests that have this one as their subject, where the source can tell. */
  referrers?(subject: Descriptor, options?: CallOptions): AsyncIterable<Descriptor>
}

/** Where images go, and can come from again. */
export interface Target extends Source {
  has(descriptor: Descriptor, options?: CallOptions): Promise<boolean>
  /** Stores a blob or manifest; nothing is visible unless digest and size match. Pushing what is there is no error. */
  push(descriptor: Descriptor, body: AsyncIterable<Uint8Array>, options?: PushOptions): Promise<void>
  /** Lets a reference stand for a manifest that is here; replaces what it stood for. */
  tag(descriptor: Descriptor, ref: string, options?: CallOptions): Promise<void>
  /** Takes a blob from a source without a transfer where both ends can; `false` means push it. */
  mount?(descriptor: Descriptor, from: Source, options?: CallOptions): Promise<boolean>
  /** A manifest here has everything that it names: a registry sees to that. @default false */
  readonly isComplete?: boolean
  /** `push` is done with a chunk when it asks for the next one: its source may send transient ones. @default false */
  readonly takesTransient?: boolean
  /** While the lease is held, nothing pushed or found here is collected. */
  lease?(): Disposable
}

/** What {@link Ingest.commit} expects of the bytes written. */
export type Expected = Partial<Pick<Descriptor, 'digest' | 'size'>>

/** A blob that is being written and has no name yet; disposing of it before commit discards it. */
export interface Ingest extends AsyncDisposable {
  readonly sizeBytes: number
  /** The chunk is the caller's again when this resolves. */
  write(chunk: Uint8Array): Promise<void>
  /**
   * Checks and publishes the blob under its digest, which may be of another algorithm than the ingest was opened for.
   * @throws ImageError `IMAGE_DIGEST_MISMATCH`, `IMAGE_SIZE_MISMATCH`; the bytes are then discarded
   */
  commit(expected?: Expected): Promise<{ readonly digest: Digest; readonly size: number }>
}

/** A target that can take a blob whose digest is known only at the end. */
export interface IngestTarget extends Target {
  openIngest(algorithm?: DigestAlgorithm): Promise<Ingest>
}

/** A reference and what it stands for. */
export interface StoredReference {
  readonly reference: string
  readonly descriptor: Descriptor
}

/** Options of {@link ImageStore.listRefs}. */
export interface ListRefsOptions {
  /** List internal references (`isInternalReference`), too. @default only those of a repository that is given */
  readonly hasInternal?: boolean | undefined
  /** Hears of references whose record cannot be read, which are then left out; without it the first is thrown. */
  readonly onUnreadable?: ((error: ImageError) => void) | undefined
}

/** What {@link ImageStore.collect} did. */
export interface Collection {
  readonly removed: readonly Digest[]
  readonly freedBytes: number
  /** Manifests that cannot be read. While there are any, nothing is removed, for what they need is not known. */
  readonly damaged: readonly Digest[]
}

/** A store of blobs and references that can be listed and cleaned up. */
export interface ImageStore extends IngestTarget {
  has(blob: Descriptor | Digest): Promise<boolean>
  info(digest: Digest): Promise<{ readonly size: number } | undefined>
  list(): AsyncIterable<{ readonly digest: Digest; readonly size: number }>
  /** Removes a blob, whoever refers to it; says whether it was there. */
  remove(digest: Digest): Promise<boolean>
  /** Removes a reference; says whether it was there. */
  untag(ref: string): Promise<boolean>
  /**
   * References of images in their full form, sorted; those of one repository when given (`localhost:5000/team/app`), whatever they are
   * for.
   */
  listRefs(repository?: string, options?: ListRefsOptions): Promise<readonly StoredReference[]>
  /** The repositories of a registry that have references, sorted, as in `team/app`. */
  listRepositories(registry: string): Promise<readonly string[]>
  /** Removes every blob that no reference, lease or extra root (the digest of a manifest) reaches, and notes about what is not there. */
  collect(roots?: Iterable<Digest>): Promise<Collection>
}
