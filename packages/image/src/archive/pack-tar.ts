import { pipeline } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'

/** One entry of an archive to write; names that end in a slash are directories. */
export interface PackedEntry {
  readonly name: string
  readonly sizeBytes: number
  readonly body: AsyncIterable<Uint8Array>
}

/** Writes a tar as it is read; every time is the epoch and every owner root, so that equal entries make equal archives. */
export async function* packTar(entries: AsyncIterable<PackedEntry>): AsyncGenerator<Uint8Array, void, undefined> {
  const archive = pack()
  const filling = fill(archive, entries).catch(
    (error: unknown) => void archive.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  try {
    for await (const chunk of archive as AsyncIterable<Uint8Array>) yield chunk
  } finally {
    archive.destroy()
    await filling
  }
}

async function fill(archive: Pack, entries: AsyncIterable<PackedEntry>): Promise<void> {
  for await (const { name, sizeBytes, body } of entries) {
    const isDirectory = name.endsWith('/')
    const header = { name, size: sizeBytes, mtime: new Date(0), mode: isDirectory ? 0o755 : 0o644 }
    if (isDirectory) archive.entry({ ...header, type: 'directory' })
    else await pipeline(body, archive.entry({ ...header, type: 'file' }))
  }
  archive.finalize()
}
