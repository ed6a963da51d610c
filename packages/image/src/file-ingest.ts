import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { createDigester, type Digest, type DigestAlgorithm, type Digester, digestAlgorithm } from './digest.ts'
import { FileWriter } from './file-writer.ts'
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

const readBytes = 512 * 1024

/** A blob on its way into a directory: digested and written to a temporary file there. */
export class FileIngest implements Ingest {
  sizeBytes = 0
  readonly #path: string
  readonly #handle: FileHandle
  readonly #algorithm: DigestAlgorithm
  readonly #digester: Digester
  readonly #place: IngestPlace
  readonly #writer: FileWriter
  #isClosed = false
  #keepsRest = false

  private constructor(options: { path: string; handle: FileHandle; algorithm: DigestAlgorithm; place: IngestPlace }) {
    this.#path = options.path
    this.#handle = options.handle
    this.#algorithm = options.algorithm
    this.#digester = createDigester(options.algorithm)
    this.#writer = new FileWriter(options.handle, options.path)
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
    await this.#writer.write(chunk)
  }

  async commit(expected: Expected = {}): Promise<{ readonly digest: Digest; readonly size: number }> {
    await this.#writer.flush()
    const actual = { digest: await this.#digest(expected), size: this.sizeBytes }
    this.#keepsRest = false
    checkContent(expected, actual)
    const final = await this.#place.place(actual.digest)
    try {
      await this.#writer.sync()
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
    // What cannot be written any more is fetched again.
    if (this.#keepsRest) await Promise.allSettled([this.#writer.flush()])
    await this.#writer.end()
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
    const buffer = Buffer.allocUnsafe(readBytes)
    let position = 0
    for (;;) {
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, position)
      if (bytesRead === 0) break
      digester.update(buffer.subarray(0, bytesRead))
      position += bytesRead
    }
    this.sizeBytes = position
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#handle.close()
  }
}
