import { randomUUID } from 'node:crypto'
import type { DigestAlgorithm, ImageStore, Ingest } from '@ct/image'
import { tooMany } from './access/user-limits.ts'
import { DistributionError } from './errors.ts'

/** A blob on its way in. */
export interface Upload {
  readonly id: string
  readonly repository: string
  /** Who began it: a user, or an address. */
  readonly owner: string
  readonly ingest: Ingest
  /** Requests to one upload come one at a time. */
  busy: boolean
  timer: NodeJS.Timeout
}

/** Options of {@link Uploads}. */
export interface UploadsOptions {
  readonly idleMs: number
  readonly limit: number
  /** Of one owner. */
  readonly ownerLimit: number
  /** Hears that an upload that expired could not be discarded. */
  readonly onError: (error: unknown) => void
}

/** A timer for longer goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
/** Uploads end when they end; a client that hears this comes again soon. */
const RETRY_SECONDS = 5

/** The uploads that have begun and not ended; one that nobody touches for `idleMs` is discarded. */
export class Uploads implements AsyncDisposable {
  readonly #store: ImageStore
  readonly #idleMs: number
  readonly #limit: number
  readonly #ownerLimit: number
  readonly #open = new Map<string, Upload>()
  readonly #onError: (error: unknown) => void
  /** Owners of those that are about to begin. */
  readonly #starting: string[] = []

  constructor(store: ImageStore, { idleMs, limit, ownerLimit, onError }: UploadsOptions) {
    this.#store = store
    this.#idleMs = idleMs
    this.#limit = limit
    this.#ownerLimit = ownerLimit
    this.#onError = onError
  }

  /** Throws DistributionError `DISTRIBUTION_TOOMANYREQUESTS`. */
  async start(
    { repository, owner }: { readonly repository: string; readonly owner: string },
    algorithm?: DigestAlgorithm,
  ): Promise<Upload> {
    if (this.#open.size + this.#starting.length >= this.#limit) throw tooMany(`${this.#limit} uploads are under way`, RETRY_SECONDS)
    if (this.#countOf(owner) >= this.#ownerLimit) throw tooMany(`${this.#ownerLimit} uploads of ${owner} are under way`, RETRY_SECONDS)
    this.#starting.push(owner)
    try {
      const id = randomUUID()
      const ingest = await this.#store.openIngest(algorithm)
      const upload: Upload = { id, repository, owner, ingest, busy: false, timer: this.#expire(id) }
      this.#open.set(id, upload)
      return upload
    } finally {
      this.#starting.splice(this.#starting.indexOf(owner), 1)
    }
  }

  /** Lets one request at a time work on an upload. */
  async use<T>({ id, repository }: { readonly id: string; readonly repository: string }, work: (upload: Upload) => Promise<T>): Promise<T> {
    const upload = this.#open.get(id)
    if (upload === undefined || upload.repository !== repository) {
      throw new DistributionError('DISTRIBUTION_BLOB_UPLOAD_UNKNOWN', `no upload ${id.slice(0, 64)} in ${repository}: it ended or expired`)
    }
    if (upload.busy) throw new DistributionError('DISTRIBUTION_BLOB_UPLOAD_INVALID', `another request is writing to upload ${id}`)
    clearTimeout(upload.timer)
    upload.busy = true
    try {
      return await work(upload)
    } finally {
      upload.busy = false
      if (this.#open.has(id)) upload.timer = this.#expire(id)
    }
  }

  /** Forgets an upload; what was not committed is discarded. */
  async end({ id }: Upload): Promise<void> {
    const upload = this.#open.get(id)
    if (upload === undefined) return
    this.#open.delete(id)
    clearTimeout(upload.timer)
    await upload.ingest[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map((upload) => this.end(upload)))
  }

  #countOf(owner: string): number {
    if (this.#ownerLimit === Number.POSITIVE_INFINITY) return 0
    return [...[...this.#open.values()].map((upload) => upload.owner), ...this.#starting].filter((one) => one === owner).length
  }

  #expire(id: string): NodeJS.Timeout {
    const end = (): void => {
      const upload = this.#open.get(id)
      if (upload !== undefined) this.end(upload).catch(this.#onError)
    }
    return setTimeout(end, Math.min(this.#idleMs, LONGEST_TIMER_MS)).unref()
  }
}
