import { posix } from 'node:path'
import type { Digest } from '../digest.ts'
import { ImageError } from '../errors.ts'
import { MAX_DOCUMENT_BYTES } from '../parse-document.ts'
import type { IngestTarget } from '../target.ts'
import { sniffCompression, unpackTar } from './unpack-tar.ts'

/** A file of an archive that went into the target. */
export interface IngestedFile {
  readonly digest: Digest
  readonly size: number
  readonly compression: ReturnType<typeof sniffCompression>
}

const documents = new Set(['manifest.json', 'index.json', 'oci-layout', 'repositories'])
const maxEntries = 100_000
const maxLinks = 32

/** What an archive had in it: the documents that describe it, and its files, which are in the target already. */
export class ArchiveContents {
  readonly #documents = new Map<string, Uint8Array>()
  readonly #files = new Map<string, IngestedFile>()
  readonly #links = new Map<string, string>()

  /** Streams an archive into a target; nothing but the documents is held in memory. */
  static async read(target: IngestTarget, archive: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<ArchiveContents> {
    const contents = new ArchiveContents()
    let count = 0
    for await (const { name, type, linkName, body } of unpackTar(archive)) {
      signal?.throwIfAborted()
      if (++count > maxEntries)
        throw new ImageError('IMAGE_TOO_LARGE', `the archive has more than ${maxEntries} entries`, { kind: 'exhausted' })
      const path = normalise(name)
      if (type === 'symlink') contents.#links.set(path, normalise(posix.join(posix.dirname(path), linkName)))
      else if (type === 'link') contents.#links.set(path, normalise(linkName))
      else if (type === 'file') await contents.#add(target, { path, body, signal })
    }
    return contents
  }

  document(name: string): Uint8Array | undefined {
    return this.#documents.get(name)
  }

  /**
   * The file that a path of the archive leads to.
   * @throws ImageError `IMAGE_BAD_ARCHIVE` when it leads nowhere
   */
  file(path: string): IngestedFile {
    let current = normalise(path)
    for (let hops = 0; hops < maxLinks; hops++) {
      const file = this.#files.get(current)
      if (file !== undefined) return file
      const link = this.#links.get(current)
      if (link === undefined) break
      current = link
    }
    throw new ImageError('IMAGE_BAD_ARCHIVE', `the archive has no ${JSON.stringify(path.slice(0, 200))}`, { kind: 'corrupt' })
  }

  async #add(
    target: IngestTarget,
    { path, body, signal }: { path: string; body: AsyncIterable<Uint8Array>; signal: AbortSignal | undefined },
  ): Promise<void> {
    if (documents.has(path)) {
      this.#documents.set(path, await readDocument(path, body))
    } else if (!/\/(json|VERSION)$/.test(path)) {
      this.#files.set(path, await ingest(target, { path, body, signal }))
    }
  }
}

/** A file that is named after a digest must have it. */
async function ingest(
  target: IngestTarget,
  { path, body, signal }: { path: string; body: AsyncIterable<Uint8Array>; signal: AbortSignal | undefined },
): Promise<IngestedFile> {
  const [, algorithm, hex] = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(path) ?? []
  await using blob = await target.openIngest(algorithm === 'sha512' ? 'sha512' : 'sha256')
  let head: Uint8Array = Buffer.alloc(0)
  for await (const chunk of body) {
    signal?.throwIfAborted()
    if (head.byteLength < 6) head = Buffer.concat([head, chunk.subarray(0, 6)])
    await blob.write(chunk)
  }
  const stored = await blob.commit(hex === undefined ? {} : { digest: `${algorithm}:${hex}` as Digest })
  return { ...stored, compression: sniffCompression(head) }
}

async function readDocument(path: string, body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > MAX_DOCUMENT_BYTES) {
      throw new ImageError('IMAGE_TOO_LARGE', `${path} in the archive is larger than ${MAX_DOCUMENT_BYTES} bytes`, { kind: 'exhausted' })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function normalise(path: string): string {
  return posix.normalize(`/${path}`).slice(1)
}
