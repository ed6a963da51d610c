import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { bodyOf, type PackedEntry, packTar } from '@ct/image'
import { CliError } from '../errors.ts'
import type { FileTree, TreeEntry } from './file-tree.ts'

/** Size and digest of an uncompressed layer. */
export interface LayerSummary {
  readonly sizeBytes: number
  /** `sha256:…` of the tar: the diffID. */
  readonly diffId: string
}

/** The layer as a tar: sorted, owned by root, with one time for all, so that the same files make the same bytes. */
export function layerTar(tree: FileTree, modified: Date): AsyncIterable<Uint8Array> {
  return packTar(entriesOf(tree, modified))
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

async function* entriesOf(tree: FileTree, modified: Date): AsyncGenerator<PackedEntry, void, undefined> {
  for (const [path, entry] of tree.entries()) yield { modified, ...packed(path.slice(1), entry) }
}

function packed(name: string, entry: TreeEntry): PackedEntry {
  if (entry.type === 'directory') return { name: `${name}/`, mode: entry.mode }
  if (entry.type === 'symlink') return { name, linkTarget: entry.target }
  const { mode } = entry
  if ('text' in entry) return { name, mode, sizeBytes: Buffer.byteLength(entry.text), body: bodyOf(Buffer.from(entry.text)) }
  return { name, mode, sizeBytes: entry.sizeBytes, body: readExactly(entry.source, entry.sizeBytes) }
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
