import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Descriptor, type Digest, type FetchOptions, ImageError, MAX_DOCUMENT_BYTES, readBlob, verified } from '@ct/image'
import type { Bucket, ObjectInfo } from './bucket.ts'
import { blobKey, digestOfKey, FOLDERS } from './keys.ts'

/** Options of {@link BlobObjects}. */
export interface BlobObjectsOptions {
  /** What is younger is not collected. */
  readonly graceMs: number
  /** A collector that takes longer to remove a blob is taken to be dead. */
  readonly patienceMs?: number | undefined
}

/** Of a collector's two requests that end in the removal of a blob; it gives up well before writers take it to be dead. */
const REMOVAL_MS = 30_000
const PATIENCE_MS = 120_000
const POLL_MS = 100
const MOST_CLAIMED = 10_000
const NOTHING = new Uint8Array()

/**
 * Blobs as objects, written and collected by any number of processes without a lock. A collector removes only what is old. It first
 * writes that a blob is doomed, then looks whether it is old still. A writer makes a blob young, then waits while it is doomed, then looks
 * whether it is there still. Whoever comes second sees the other, so a writer that found a blob has it for the time of grace.
 */
export class BlobObjects {
  readonly #bucket: Bucket
  readonly #graceMs: number
  readonly #patienceMs: number
  /** When blobs were claimed from here: one that many images share is not claimed anew for each. */
  readonly #claimed = new Map<Digest, number>()

  constructor(bucket: Bucket, { graceMs, patienceMs = PATIENCE_MS }: BlobObjectsOptions) {
    this.#bucket = bucket
    this.#graceMs = graceMs
    this.#patienceMs = patienceMs
  }

  async info(digest: Digest): Promise<{ readonly size: number } | undefined> {
    const found = await this.#head(digest)
    return found && { size: found.sizeBytes }
  }

  /** Says what a blob is like, which is now safe from collection for the time of grace. */
  async claim(digest: Digest): Promise<{ readonly size: number } | undefined> {
    const found = await this.#head(digest)
    if (found === undefined) return undefined
    const isYoung = (atMs: number, part: number): boolean => Date.now() - atMs < this.#graceMs / part
    if (isYoung(found.modifiedAtMs, 2) || isYoung(this.#claimed.get(digest) ?? 0, 4)) return { size: found.sizeBytes }
    const claimedAtMs = Date.now()
    await this.#bucket.put(blobKey('claims', digest), NOTHING)
    await this.#settled(digest)
    const kept = await this.info(digest)
    if (kept === undefined) return undefined
    if (this.#claimed.size >= MOST_CLAIMED) this.#claimed.clear()
    this.#claimed.set(digest, claimedAtMs)
    return kept
  }

  async *fetch(
    descriptor: Descriptor,
    { signal, offset = 0, verify = true }: FetchOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    signal?.throwIfAborted()
    if (offset > 0 && offset >= descriptor.size) return
    const found = await this.#bucket.get(blobKey('blobs', descriptor.digest), { offset, signal })
    if (found === undefined) {
      throw new ImageError('IMAGE_NO_BLOB', `no blob ${descriptor.digest} in ${this.#bucket.place()}`, {
        kind: 'not-found',
        hint: 'push the image again',
      })
    }
    yield* verify && offset === 0 ? verified(descriptor, found.body) : found.body
  }

  /** A blob small enough for a manifest, or `undefined`. */
  async document(digest: Digest): Promise<Uint8Array | undefined> {
    const found = await this.#bucket.get(blobKey('blobs', digest))
    if (found === undefined) return undefined
    if (found.sizeBytes > MAX_DOCUMENT_BYTES) return void (await found.body.return())
    return readBlob({ fetch: () => found.body }, { mediaType: 'application/octet-stream', digest, size: found.sizeBytes })
  }

  /** Lets `write` put a blob that was checked under its key; again, should a collector have removed it at the same moment. */
  async publish(digest: Digest, write: (key: string) => Promise<void>): Promise<void> {
    do {
      await write(blobKey('blobs', digest))
      await this.#settled(digest)
    } while ((await this.info(digest)) === undefined)
  }

  async remove(digest: Digest): Promise<boolean> {
    if ((await this.info(digest)) === undefined) return false
    await this.#bucket.remove(blobKey('blobs', digest))
    return true
  }

  /** Removes a blob that nobody refers to, unless it or a claim on it is younger than `oldestMs`; says whether it did. */
  async collect(digest: Digest, oldestMs: number): Promise<boolean> {
    const mark = `${blobKey('doomed', digest)}.${randomUUID()}`
    await this.#bucket.put(mark, NOTHING)
    try {
      const signal = AbortSignal.timeout(REMOVAL_MS)
      const blob = await this.#bucket.head(blobKey('blobs', digest), signal)
      const claim = await this.#bucket.head(blobKey('claims', digest), signal)
      if (blob === undefined || blob.modifiedAtMs > oldestMs || (claim?.modifiedAtMs ?? 0) > oldestMs) return false
      await this.#bucket.remove(blobKey('blobs', digest), signal)
      return true
    } finally {
      await this.#bucket.remove(mark)
    }
  }

  async *list(): AsyncGenerator<{ readonly digest: Digest; readonly size: number; readonly modifiedAtMs: number }, void, undefined> {
    for await (const { key, sizeBytes, modifiedAtMs } of this.#bucket.list(FOLDERS.blobs)) {
      const digest = digestOfKey(key)
      if (digest !== undefined) yield { digest, size: sizeBytes, modifiedAtMs }
    }
  }

  /** Removes claims that are older, and what collectors left that died. */
  async clean(oldestMs: number): Promise<void> {
    for await (const { key, modifiedAtMs } of this.#bucket.list(FOLDERS.claims))
      if (modifiedAtMs <= oldestMs) await this.#bucket.remove(key)
    const deadMs = Date.now() - 2 * this.#patienceMs
    for await (const { key, modifiedAtMs } of this.#bucket.list(FOLDERS.doomed)) if (modifiedAtMs <= deadMs) await this.#bucket.remove(key)
  }

  #head(digest: Digest): Promise<ObjectInfo | undefined> {
    return this.#bucket.head(blobKey('blobs', digest))
  }

  /** Waits until no collector is about to remove a blob. */
  async #settled(digest: Digest): Promise<void> {
    const start = `${blobKey('doomed', digest)}.`
    const untilMs = performance.now() + this.#patienceMs
    for (;;) {
      const marks: string[] = []
      for await (const { key } of this.#bucket.list(start)) marks.push(key)
      if (marks.length === 0) return
      if (performance.now() > untilMs) for (const mark of marks) await this.#bucket.remove(mark)
      else await sleep(POLL_MS)
    }
  }
}
