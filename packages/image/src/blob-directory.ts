import { type FileHandle, mkdir, open, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasErrno } from '@ct/errors'
import type { Descriptor } from './descriptor.ts'
import { type Digest, type DigestAlgorithm, digestAlgorithm, digestHex, isDigest } from './digest.ts'
import { entriesOf } from './entries-of.ts'
import { ImageError } from './errors.ts'
import { FileIngest, type IngestPlace } from './file-ingest.ts'
import { ingestBlob, release } from './ingest.ts'
import { MAX_DOCUMENT_BYTES } from './parse-document.ts'
import type { FetchOptions, Ingest, PushOptions } from './target.ts'
import { verified } from './verified.ts'
import { PARTIAL_PREFIX, TEMPORARY_PREFIX } from './write-file.ts'

const chunkBytes = 1024 * 1024
const staleMs = 60 * 60 * 1000
/** What a broken transfer got is worth keeping for a day, and smaller blobs are fetched anew. */
const partialStaleMs = 24 * staleMs
const worthResumingBytes = 1024 * 1024
const algorithms: readonly DigestAlgorithm[] = ['sha256', 'sha512']

/** Blobs as files, `blobs/<algorithm>/<hex>`: the part that a content store and an OCI layout have in common. */
export class BlobDirectory {
  readonly #root: string
  readonly #beforePublish: (digest: Digest) => Promise<unknown>
  /** Half-written files of this process, which are never stale: a slow upload may rest for as long as it likes. */
  readonly #live = new Set<string>()

  /** `beforePublish` is awaited when a blob is complete and about to get its name. */
  constructor(root: string, beforePublish: (digest: Digest) => Promise<unknown> = async () => undefined) {
    this.#root = root
    this.#beforePublish = beforePublish
  }

  /** Makes the directory and removes what writers that are gone have left half-written. */
  async prepare(): Promise<void> {
    await mkdir(join(this.#root, 'blobs', 'sha256'), { recursive: true })
    for (const algorithm of algorithms) await removeStale(join(this.#root, 'blobs', algorithm), this.#live)
  }

  path(digest: Digest): string {
    return join(this.#root, 'blobs', digestAlgorithm(digest), digestHex(digest))
  }

  async info(digest: Digest): Promise<{ readonly size: number } | undefined> {
    try {
      const { size } = await stat(this.path(digest))
      return { size }
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return undefined
      throw error
    }
  }

  /** Whether the blob is here with the size it should have. */
  async has({ digest, size }: Pick<Descriptor, 'digest' | 'size'>): Promise<boolean> {
    return (await this.info(digest))?.size === size
  }

  async *fetch(
    descriptor: Descriptor,
    { signal, offset = 0, verify = true, transient = false }: FetchOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    signal?.throwIfAborted()
    const isVerified = verify && offset === 0
    const body = this.#read(descriptor.digest, { offset, signal, transient: transient && !isVerified })
    yield* isVerified ? verified(descriptor, body) : body
  }

  /** A blob small enough for a manifest, or `undefined`. */
  async document(digest: Digest): Promise<Uint8Array | undefined> {
    const info = await this.info(digest)
    if (info === undefined || info.size > MAX_DOCUMENT_BYTES) return undefined
    const chunks: Uint8Array[] = []
    for await (const chunk of verified({ digest, size: info.size }, this.#read(digest))) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  async openIngest(algorithm: DigestAlgorithm = 'sha256'): Promise<Ingest> {
    return FileIngest.open(await this.#directory(algorithm), algorithm, this.#placeFor(algorithm))
  }

  /** With a body that can be reopened, what an earlier push of the blob got is not asked for again. */
  async push(descriptor: Descriptor, body: AsyncIterable<Uint8Array>, { signal, reopen }: PushOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    if (await this.has(descriptor)) return release(body)
    let content = body
    if (reopen !== undefined && descriptor.size >= worthResumingBytes) {
      if (await this.#resume(descriptor, body, { signal, reopen })) return
      await release(body)
      content = reopen(0)
    }
    await using ingest = await this.openIngest(digestAlgorithm(descriptor.digest))
    await ingestBlob(ingest, descriptor, { body: content, signal })
  }

  /** False when somebody else is at it, or what was left turns out to be none of the blob. */
  async #resume(
    descriptor: Descriptor,
    body: AsyncIterable<Uint8Array>,
    { signal, reopen }: PushOptions & { readonly reopen: (offset: number) => AsyncIterable<Uint8Array> },
  ): Promise<boolean> {
    const algorithm = digestAlgorithm(descriptor.digest)
    const path = join(await this.#directory(algorithm), `${PARTIAL_PREFIX}${digestHex(descriptor.digest)}`)
    if (this.#live.has(path)) return false
    this.#live.add(path)
    await using ingest = await FileIngest.resume(path, algorithm, this.#placeFor(algorithm))
    const had = ingest.sizeBytes
    try {
      if (had > 0) await release(body)
      await ingestBlob(ingest, descriptor, { body: had === 0 ? body : had < descriptor.size ? reopen(had) : nothing(), signal })
      return true
    } catch (error) {
      // A part of something else, or on a full disk, is in the way; a part that broke off is not.
      if (error instanceof ImageError) ingest.discardRest()
      if (had === 0 || !(error instanceof ImageError) || error.kind !== 'corrupt') throw error
      return false
    }
  }

  async #directory(algorithm: DigestAlgorithm): Promise<string> {
    const directory = join(this.#root, 'blobs', algorithm)
    await mkdir(directory, { recursive: true })
    return directory
  }

  #placeFor(algorithm: DigestAlgorithm): IngestPlace {
    const place = async (digest: Digest): Promise<string> => {
      const path = this.path(digest)
      if (digestAlgorithm(digest) !== algorithm) await mkdir(dirname(path), { recursive: true })
      await this.#beforePublish(digest)
      return path
    }
    return { place, live: this.#live }
  }

  async remove(digest: Digest): Promise<boolean> {
    try {
      await unlink(this.path(digest))
      return true
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return false
      throw error
    }
  }

  async *list(): AsyncGenerator<{ readonly digest: Digest; readonly size: number }, void, undefined> {
    for (const algorithm of algorithms) {
      for (const entry of await entriesOf(join(this.#root, 'blobs', algorithm))) {
        const digest = `${algorithm}:${entry.name}`
        if (!entry.isFile() || !isDigest(digest)) continue
        const info = await this.info(digest)
        if (info !== undefined) yield { digest, size: info.size }
      }
    }
  }

  /** Reads ahead by one chunk, so that the disk works while the chunk before is used: two buffers do when chunks are transient. */
  async *#read(
    digest: Digest,
    { offset = 0, signal, transient = false }: Omit<FetchOptions, 'verify'> = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const handle = await this.#open(digest)
    let next: Promise<Uint8Array> | undefined
    try {
      let position = offset
      const { size } = await handle.stat()
      const buffers: Buffer[] = []
      const readNext = (): Promise<Uint8Array> => {
        const free = buffers.length === 2 ? buffers.shift() : undefined
        const buffer = free ?? Buffer.allocUnsafeSlow(Math.max(0, Math.min(chunkBytes, size - position)))
        if (transient) buffers.push(buffer)
        const reading = handle.read(buffer, 0, buffer.byteLength, position).then(({ bytesRead }) => {
          position += bytesRead
          return buffer.subarray(0, bytesRead)
        })
        // Whoever asks for this chunk sees its failure; until then Node must not take it for unhandled.
        reading.catch(() => undefined)
        return reading
      }
      next = readNext()
      for (let chunk = await next; chunk.byteLength > 0; chunk = await next) {
        signal?.throwIfAborted()
        next = readNext()
        yield chunk
      }
    } finally {
      await Promise.allSettled([next])
      await handle.close()
    }
  }

  async #open(digest: Digest): Promise<FileHandle> {
    try {
      return await open(this.path(digest), 'r')
    } catch (error) {
      if (!hasErrno(error, 'ENOENT')) throw error
      throw new ImageError('IMAGE_NO_BLOB', `no blob ${digest} in ${this.#root}`, {
        kind: 'not-found',
        hint: 'pull the image again',
        cause: error,
      })
    }
  }
}

async function removeStale(directory: string, live: ReadonlySet<string>): Promise<void> {
  for (const entry of await entriesOf(directory)) {
    const path = join(directory, entry.name)
    const limitMs = entry.name.startsWith(TEMPORARY_PREFIX) ? staleMs : entry.name.startsWith(PARTIAL_PREFIX) ? partialStaleMs : undefined
    if (limitMs === undefined || live.has(path)) continue
    try {
      if (Date.now() - (await stat(path)).mtimeMs > limitMs) await rm(path, { force: true })
    } catch (error) {
      if (!hasErrno(error, 'ENOENT')) throw error
    }
  }
}

/** What is missing of a part that is whole. */
async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {
  // Whether the part is right is seen at its end.
}
