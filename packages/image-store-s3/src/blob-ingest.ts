import { randomUUID } from 'node:crypto'
import {
  checkContent,
  createDigester,
  type Digest,
  type DigestAlgorithm,
  type Digester,
  digestAlgorithm,
  type Expected,
  ImageError,
  type Ingest,
} from '@ct/image'
import type { Bucket, Part, PartedUpload } from './bucket.ts'
import { copyObject } from './copy-object.ts'
import { FOLDERS } from './keys.ts'
import { PartBuffer } from './part-buffer.ts'

/** Options of {@link BlobIngest}. */
export interface BlobIngestOptions {
  readonly algorithm: DigestAlgorithm
  readonly partBytes: number
  /** Lets `write` put the blob, which is checked, under its key. */
  readonly publish: (digest: Digest, write: (key: string) => Promise<void>) => Promise<void>
}

const MOST_PARTS = 10_000

/**
 * A blob on its way into a bucket. A small one is kept in memory and put under its key at the end. A larger one goes into parts of an
 * object of its own, one being sent while the next is gathered, and is copied to its key, within the bucket, once its digest is checked.
 */
export class BlobIngest implements Ingest {
  sizeBytes = 0
  readonly #bucket: Bucket
  readonly #options: BlobIngestOptions
  readonly #digester: Digester
  readonly #buffer: PartBuffer
  readonly #parts: Part[] = []
  #upload: PartedUpload | undefined
  #sending: Promise<unknown> = Promise.resolve()
  /** Where the whole blob is, when it is an object already. */
  #wholeKey: string | undefined

  constructor(bucket: Bucket, options: BlobIngestOptions) {
    this.#bucket = bucket
    this.#options = options
    this.#digester = createDigester(options.algorithm)
    this.#buffer = new PartBuffer(options.partBytes)
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#digester.update(chunk)
    this.sizeBytes += chunk.byteLength
    for (let rest = chunk; rest.byteLength > 0; ) {
      if (this.#buffer.isFull) await this.#send(this.#buffer.take())
      rest = rest.subarray(this.#buffer.fill(rest))
    }
  }

  async commit(expected: Expected = {}): Promise<{ readonly digest: Digest; readonly size: number }> {
    const rest = this.#buffer.take()
    const algorithm = expected.digest === undefined ? this.#options.algorithm : digestAlgorithm(expected.digest)
    const isOther = algorithm !== this.#options.algorithm
    // Where nothing more is to be read, what is wrong is told before the parts are put together.
    if (isOther) await this.#finish(rest)
    const digest = isOther ? await this.#digestAgain(algorithm, rest) : this.#digester.digest()
    const actual = { digest, size: this.sizeBytes }
    checkContent(expected, actual)
    if (!isOther) await this.#finish(rest)
    const from = this.#wholeKey
    await this.#options.publish(digest, (to) =>
      from === undefined ? this.#bucket.put(to, rest) : copyObject(this.#bucket, { from, to, sizeBytes: actual.size }),
    )
    return actual
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#buffer.take()
    await Promise.allSettled([this.#sending])
    if (this.#wholeKey !== undefined) return this.#bucket.remove(this.#wholeKey)
    if (this.#upload !== undefined) await this.#bucket.abortParts(this.#upload)
  }

  /** Waits for the part before this one, then lets this one be sent in the background. */
  async #send(bytes: Uint8Array): Promise<void> {
    await this.#sending
    const number = this.#parts.length + 1
    if (number > MOST_PARTS) {
      const most = MOST_PARTS * this.#options.partBytes
      throw new ImageError('IMAGE_TOO_LARGE', `a blob in ${this.#bucket.place()} has at most ${most} bytes`, { kind: 'exhausted' })
    }
    this.#upload ??= await this.#bucket.startParts(`${FOLDERS.uploads}${randomUUID()}`)
    this.#sending = this.#bucket.putPart(this.#upload, number, bytes).then((part) => this.#parts.push(part))
    // Seen by whoever awaits #sending next; this only keeps Node from taking it for unhandled.
    this.#sending.catch(() => undefined)
  }

  /** Makes one object of the parts, if there are any. */
  async #finish(rest: Uint8Array): Promise<void> {
    if (this.#upload === undefined) return
    if (rest.byteLength > 0) await this.#send(rest)
    await this.#sending
    await this.#bucket.completeParts(this.#upload, this.#parts)
    this.#wholeKey = this.#upload.key
  }

  /** An upload may tell only at its end that its digest is of another algorithm; it is then read once more. */
  async #digestAgain(algorithm: DigestAlgorithm, rest: Uint8Array): Promise<Digest> {
    const digester = createDigester(algorithm)
    const whole = this.#wholeKey === undefined ? undefined : await this.#bucket.get(this.#wholeKey)
    if (whole === undefined) digester.update(rest)
    else for await (const chunk of whole.body) digester.update(chunk)
    return digester.digest()
  }
}
