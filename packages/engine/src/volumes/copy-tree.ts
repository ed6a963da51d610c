import { isCtError } from '@ct/errors'
import { openTreeWriter, type ScannedEntry, scanTree, type TreeTarget, type TreeWriter } from '@ct/native'

/** Copies a directory of one tree, with everything below it, over the root of another; when there is no such directory, nothing. */
export async function copyTree(from: TreeTarget, to: TreeTarget, subpath: string): Promise<void> {
  const entries = scanTree(from, { content: true, subpath: subpath.replace(/^\/+/, ''), followSubpath: true })
  try {
    const first = await entries.next()
    if (first.done === true || first.value.type !== 'directory') return
    await using writer = await openTreeWriter(to)
    await copyEntries(first.value, entries, writer)
    await writer.finish()
  } catch (error) {
    if (!isCtError(error) || error.kind !== 'not-found') throw error
  } finally {
    await entries.return(undefined)
  }
}

async function copyEntries(root: ScannedEntry, rest: AsyncIterable<ScannedEntry>, writer: TreeWriter): Promise<void> {
  const directories = [root]
  const linked = new Map<string, Uint8Array>()
  for await (const entry of rest) {
    if (entry.type === 'directory') directories.push(entry)
    const key = `${entry.dev}:${entry.ino}`
    const existing = linked.get(key)
    if (existing !== undefined) writer.hardLink(entry.path, existing)
    else await copyEntry(entry, writer)
    if (entry.nlink > 1 && entry.type !== 'directory') linked.set(key, entry.path)
    if (writer.needsDrain) await writer.drain()
  }
  // What is made inside a directory changes its time.
  for (const directory of directories.reverse()) writer.setMeta(directory.path, directory)
}

async function copyEntry(entry: ScannedEntry, writer: TreeWriter): Promise<void> {
  const { path, type } = entry
  if (type === 'directory') writer.directory(path, entry)
  else if (type === 'symlink') writer.symlink(path, entry.linkTarget ?? new Uint8Array(), entry)
  else if (type === 'file') await copyFile(entry, writer)
  else if (type !== 'socket') writer.node(path, entry, { type, major: entry.major, minor: entry.minor })
}

async function copyFile({ path, sizeBytes, content = noBytes(), ...meta }: ScannedEntry, writer: TreeWriter): Promise<void> {
  writer.file(path, meta, sizeBytes)
  for await (const chunk of content) {
    writer.write(chunk)
    if (writer.needsDrain) await writer.drain()
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array> {
  yield* []
}
