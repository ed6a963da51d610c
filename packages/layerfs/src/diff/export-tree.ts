import { scanTree, type TreeTarget } from '@ct/native'
import { type TarInput, writeTar } from '../tar/write-tar.ts'
import { ScannedToTar } from './scanned-to-tar.ts'

/** Options of {@link exportTree}. */
export interface ExportOptions {
  readonly signal?: AbortSignal | undefined
}

/**
 * A tar archive of everything in a tree but sockets, in byte order, hard links kept. The root itself is not in it.
 * @throws NativeError when the tree cannot be read
 */
export function exportTree(target: TreeTarget, { signal }: ExportOptions = {}): AsyncIterable<Uint8Array> {
  return writeTar(treeEntries(target, signal))
}

/** The entries of {@link exportTree}. */
export async function* treeEntries(target: TreeTarget, signal: AbortSignal | undefined): AsyncGenerator<TarInput, void> {
  const converter = new ScannedToTar()
  for await (const entry of scanTree(target, { content: true, signal })) {
    const input = Buffer.from(entry.path).equals(ROOT) ? undefined : converter.convert(entry)
    if (input !== undefined) yield input
  }
}

const ROOT = Buffer.from('.')
