import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { createDigester, type Digest, type DigestAlgorithm, type Digester, digestAlgorithm } from './digest.ts'
import type { Expected, Ingest } from './target.ts'
import { checkContent } from './verified.ts'
import { asNoSpace, publishFile, temporaryPath } from './write-file.ts'

/** What the directory of a blob on its way has to do with it. */
export interface IngestPlace {
  /** Says where a finished blob goes; may wait until the place is free. */
  place(digest: Digest): Promise<string>
  /** The temporary files of ingests that are not disposed of. */
  readonly live: Set<string>
}

const batchBytes = 512 * 1024
/** As many as one system call takes (IOV_MAX): a body in tiny chunks is written as it comes, not gathered by the thousand. */
const batchChunks = 1024

/**
 * A blob on its way into a directory: written to a temporary file there, with one batch of chunks being written while the next
 * is gathered and digested.
 */
export class FileIngest implements Ingest {
  sizeBytes = 0
  readonly #path: string
  readonly #handle: FileHandle
  readonly #algorithm: DigestAlgorithm
  readonly #digester: Digester
  readonly #place: IngestPlace
  #batch: Uint8Array[] = []
  #batchBytes = 0
  #writing: Promise<void> = Promise.resolve()
  #isClosed = false

  #keepsRest = false

  private constructor(options: { path: string; handle: FileHandle; algorithm: DigestAlgorithm; place: IngestPlace }) {
    this.#path = options.path
    this.#handle = options.handle
    this.#algorithm = options.algorithm
    this.#digester = createDigester(options.algorithm)
    this.#place = options.place
  }

  /** Starts a blob in `directory`; its final path must be on the same file system. */
  static async open(directory: string, algorithm: DigestAlgorithm, place: IngestPlace): Promise<FileIngest> {
    const path = temporaryPath(directory)
    try {
      const handle = await open(path, 'wx+', 0o644)
      place.live.add(path)
      return new FileIngest({ path, handle, algorithm, place })
    } catch (error) {
      throw asNoSpace(error, path)
    }
  }

  /**
   * Goes on with a file that an earlier attempt has left, or starts it. Unlike others, it is left again when this one is disposed of
   * before its end.
   */
  static async resume(path: string, algorithm: DigestAlgorithm, place: IngestPlace): Promise<FileIngest> {
    try {
      const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o644)
      place.live.add(path)
      const ingest = new FileIngest({ path, handle, algorithm, place })
      ingest.#keepsRest = true
      await ingest.#feed(ingest.#digester)
      return ingest
    } catch (error) {
      throw asNoSpace(error, path)
    }
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#digester.update(chunk)
    this.sizeBytes += chunk.byteLength
    this.#batch.push(chunk)
    this.#batchBytes += chunk.byteLength
    if (this.#batchBytes >= batchBytes || this.#batch.length >= batchChunks) await this.#flush()
  }

  async commit(expected: Expected = {}): Promise<{ readonly digest: Digest; readonly size: number }> {
    await this.#flush()
    await this.#writing
    const actual = { digest: await this.#digest(expected), size: this.sizeBytes }
    this.#keepsRest = false
    checkContent(expected, actual)
    const final = await this.#place.place(actual.digest)
    try {
      await this.#handle.sync()
      await this.#close()
      await publishFile(this.#path, final)
    } catch (error) {
      throw asNoSpace(error, final)
    }
    return actual
  }

  /** What was written will not be of use to another attempt. */
  discardRest(): void {
    this.#keepsRest = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#writing])
    try {
      await this.#close()
    } finally {
      if (!this.#keepsRest) await rm(this.#path, { force: true })
      this.#place.live.delete(this.#path)
    }
  }

  /** An upload may tell only at its end that its digest is of another algorithm; the file is then read once more. */
  async #digest({ digest }: Expected): Promise<Digest> {
    const algorithm = digest === undefined ? this.#algorithm : digestAlgorithm(digest)
    if (algorithm === this.#algorithm) return this.#digester.digest()
    const digester = createDigester(algorithm)
    await this.#feed(digester)
    return digester.digest()
  }

  /** Digests what the file has; that is then its size. */
  async #feed(digester: Digester): Promise<void> {
    const buffer = Buffer.allocUnsafe(batchBytes)
    let position = 0
    for (;;) {
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, position)
      if (bytesRead === 0) break
      digester.update(buffer.subarray(0, bytesRead))
      position += bytesRead
    }
    this.sizeBytes = position
  }

  /** Waits for the batch before this one, then lets this one be written in the background. */
  async #flush(): Promise<void> {
    await this.#writing
    const batch = this.#batch
    this.#batch = []
    this.#batchBytes = 0
    this.#writing = writeBatch(this.#handle, batch, this.#path)
    // Seen by whoever awaits #writing next; this only keeps Node from taking it for unhandled.
    this.#writing.catch(() => undefined)
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#handle.close()
  }
}

async function writeBatch(handle: FileHandle, batch: readonly Uint8Array[], path: string): Promise<void> {
  let rest = batch.filter((chunk) => chunk.byteLength > 0)
  try {
    while (rest.length > 0) {
      let { bytesWritten } = await handle.writev(rest)
      rest = rest.flatMap((chunk) => {
        const taken = Math.min(bytesWritten, chunk.byteLength)
        bytesWritten -= taken
        return taken === chunk.byteLength ? [] : [chunk.subarray(taken)]
      })
    }
  } catch (error) {
    throw asNoSpace(error, path)
  }
}
