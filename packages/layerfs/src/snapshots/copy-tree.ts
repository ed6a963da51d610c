import { openTreeWriter, scanTree, type TreeMeta } from '@ct/native'
import { ScannedToTar } from '../diff/scanned-to-tar.ts'

/** Copies a tree into an empty directory: everything but sockets, the root's metadata and hard links included. */
export async function copyTree(from: string, to: string): Promise<void> {
  const converter = new ScannedToTar()
  const directories: (readonly [path: Uint8Array, meta: TreeMeta])[] = []
  await using writer = await openTreeWriter({ path: to })
  for await (const entry of scanTree({ path: from }, { content: true })) {
    const path = Buffer.from(entry.path)
    const input = converter.convert(entry)
    if (input === undefined) continue
    switch (input.type) {
      case 'directory':
        writer.directory(path, input)
        directories.push([path, input])
        break
      case 'file':
        writer.file(path, input, input.sizeBytes)
        for await (const chunk of entry.content ?? []) writer.write(chunk)
        break
      case 'symlink':
        writer.symlink(path, input.linkTarget ?? '', input)
        break
      case 'hard-link':
        writer.hardLink(path, input.linkTarget ?? '')
        break
      default:
        writer.node(path, input, { type: input.type, major: input.major, minor: input.minor })
    }
    if (writer.needsDrain) await writer.drain()
  }
  // Children change the times of their directories, so those come last.
  for (const [path, meta] of directories) writer.setMeta(path, meta)
  await writer.finish()
}
