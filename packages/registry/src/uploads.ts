import { randomUUID } from 'node:crypto'
import type { DigestAlgorithm, ImageStore, Ingest } from '@ct/image'
import { DistributionError } from './errors.ts'

/** A blob on its way in. */
export interface Upload {
  readonly id: string
  readonly repository: string
  readonly ingest: Ingest
  /** Requests to one upload come one at a time. */
  busy: boolean
  timer: NodeJS.Timeout
}

/** Options of {@link Uploads}. */
export interface UploadsOptions {
  readonly idleMs: number
  readonly limit: number
  /** Hears that an upload that expired could not be discarded. */
  readonly onError: (error: unknown) => void
}

/** The uploads that have begun and not ended; one that nobody touches for `idleMs` is discarded. */
export class Uploads implements AsyncDisposable {
  readonly #store: ImageStore
  readonly #idleMs: number
  readonly #limit: number
  readonly #open = new Map<string, Upload>()
  readonly #onError: (error: unknown) => void
  #starting = 0

  constructor(store: ImageStore, { idleMs, limit, onError }: UploadsOptions) {
    this.#store = store
    this.#idleMs = idleMs
    this.#limit = limit
    this.#onError = onError
  }

  async start(repository: string, algorithm?: DigestAlgorithm): Promise<Upload> {
    if (this.#open.size + this.#starting >= this.#limit) {
      throw new DistributionError('DISTRIBUTION_TOOMANYREQUESTS', `${this.#limit} uploads are under way; finish or cancel some`)
    }
    this.#starting++
    try {
      const id = randomUUID()
      const upload: Upload = { id, repository, ingest: await this.#store.openIngest(algorithm), busy: false, timer: this.#expire(id) }
      this.#open.set(id, upload)
      return upload
    } finally {
      this.#starting--
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

  #expire(id: string): NodeJS.Timeout {
    const end = (): void => {
      const upload = this.#open.get(id)
      if (upload !== undefined) this.end(upload).catch(this.#onError)
    }
    return setTimeout(end, this.#idleMs).unref()
  }
}
