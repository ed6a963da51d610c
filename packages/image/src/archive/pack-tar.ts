import { pipeline } from 'node:stream/promises'
import type { Pack } from 'tar-stream'

/** One entry of a tar to write. */
export interface PackedEntry {
  /** One that ends in a slash is a directory. */
  readonly name: string
  /** Permission bits. @default 0755 for a directory, 0644 for a file */
  readonly mode?: number | undefined
  /** @default 1970 */
  readonly modified?: Date | undefined
  /** Where a symbolic link points, when it is one. */
  readonly linkTarget?: string | undefined
  /** Of a file. @default 0 */
  readonly sizeBytes?: number | undefined
  /** The content of a file, exactly as long as that. */
  readonly body?: AsyncIterable<Uint8Array> | undefined
}

/**
 * Writes a tar as it is read, everything owned by root, so that equal entries make equal archives. Nothing happens before the first
 * read, and what `entries` throws is thrown to the reader. Names are text; `writeTar` of `@ct/layerfs` writes all that a layer can have.
 */
export async function* packTar(entries: AsyncIterable<PackedEntry>): AsyncGenerator<Uint8Array, void, undefined> {
  // Loaded here, for it takes as long as the rest of this package, and few ever write an archive.
  const { pack } = await import('tar-stream')
  const archive = pack()
  let failure: unknown
  const filling = fill(archive, entries).catch((error: unknown) => {
    failure = error
    archive.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  try {
    for await (const chunk of archive as AsyncIterable<Uint8Array>) yield chunk
  } catch (error) {
    throw failure ?? error
  } finally {
    archive.destroy()
    await filling
  }
  if (failure !== undefined) throw failure
}

async function fill(archive: Pack, entries: AsyncIterable<PackedEntry>): Promise<void> {
  for await (const { name, mode, modified = new Date(0), linkTarget, sizeBytes = 0, body } of entries) {
    const common = { name, mtime: modified, uname: '', gname: '' }
    if (linkTarget !== undefined) archive.entry({ ...common, type: 'symlink', linkname: linkTarget, mode: mode ?? 0o777 })
    else if (name.endsWith('/')) archive.entry({ ...common, type: 'directory', mode: mode ?? 0o755 })
    else if (body === undefined || sizeBytes === 0) archive.entry({ ...common, type: 'file', mode: mode ?? 0o644 }, '')
    else await pipeline(body, archive.entry({ ...common, type: 'file', mode: mode ?? 0o644, size: sizeBytes }))
  }
  archive.finalize()
}
