import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Header, Pack } from 'tar-stream'
import { CliError } from '../errors.ts'
import type { FileTree, TreeEntry } from './file-tree.ts'
import { writtenTar } from './written-tar.ts'

/** Size and digest of an uncompressed layer. */
export interface LayerSummary {
  readonly sizeBytes: number
  /** `sha256:…` of the tar: the diffID. */
  readonly diffId: string
}

type EntryHeader = Partial<Header> & Pick<Header, 'name'>

/** The layer as a tar: sorted, owned by root, with one time for all, so that the same files make the same bytes. */
export function layerTar(tree: FileTree, modified: Date): AsyncIterable<Uint8Array> {
  return writtenTar((tar) => writeEntries(tar, tree, modified))
}

/** Writes the layer into nothing and tells its size and diffID. */
export async function measureLayer(tree: FileTree, modified: Date): Promise<LayerSummary> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of layerTar(tree, modified)) {
    hash.update(chunk)
    sizeBytes += chunk.length
  }
  return { sizeBytes, diffId: `sha256:${hash.digest('hex')}` }
}

async function writeEntries(tar: Pack, tree: FileTree, mtime: Date): Promise<void> {
  for (const [path, entry] of tree.entries()) {
    const header: EntryHeader = { name: path.slice(1), uid: 0, gid: 0, uname: '', gname: '', mtime }
    await writeEntry(tar, header, entry)
  }
  tar.finalize()
}

async function writeEntry(tar: Pack, header: EntryHeader, entry: TreeEntry): Promise<void> {
  if (entry.type === 'directory') return add(tar, { ...header, name: `${header.name}/`, type: 'directory', mode: entry.mode })
  if (entry.type === 'symlink') return add(tar, { ...header, type: 'symlink', linkname: entry.target, mode: 0o777 })
  if ('text' in entry) return add(tar, { ...header, type: 'file', mode: entry.mode }, entry.text)
  const { source, mode, sizeBytes } = entry
  if (sizeBytes === 0) return add(tar, { ...header, type: 'file', mode }, '')
  const sink = tar.entry({ ...header, type: 'file', mode, size: sizeBytes })
  await pipeline(readExactly(source, sizeBytes), sink)
}

/** A file that has become shorter is noticed before its entry ends short, which tar-stream does not survive. */
async function* readExactly(path: string, sizeBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  let left = sizeBytes
  for await (const chunk of createReadStream(path, { end: sizeBytes - 1, highWaterMark: 1024 * 1024 })) {
    left -= chunk.length
    yield chunk
  }
  if (left > 0) throw fileChanged(path)
}

/** What was read for the digest is not what is there now. */
export function fileChanged(what: string): CliError {
  return new CliError('CLI_PACK_CHANGED', `${what} changed while it was packed`, { kind: 'conflict', hint: 'run the command again' })
}

async function add(tar: Pack, header: EntryHeader, text = ''): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve())
    if (header.type === 'file') tar.entry(header, text, done)
    else tar.entry(header, done)
  })
}
