import { basename, dirname } from 'node:path'
import { openTreeWriter } from '@ct/native'

/** Removes a tree by the helper: it is fast, never leaves the parent directory, and takes names that are not UTF-8. */
export async function removeTree(path: string): Promise<void> {
  await using writer = await openTreeWriter({ path: dirname(path) })
  writer.remove(basename(path))
  await writer.finish()
}
