import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { hasErrno } from '@ct/errors'

/** What is in a directory; nothing when there is no such directory. */
export async function entriesOf(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true })
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}
