import { basename, dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isCtError } from '@ct/errors'
import { openTreeWriter } from '@ct/native'

const ATTEMPTS = 10
const PAUSE_MS = 50

/** Removes a tree by the helper: it is fast, never leaves the parent directory, and takes names that are not UTF-8. */
export async function removeTree(path: string): Promise<void> {
  await using writer = await openTreeWriter({ path: dirname(path) })
  writer.remove(basename(path))
  await writer.finish()
}

/**
 * Removes what a process that was killed has left. Its helper may still be writing what was on its way to it, so a
 * directory that is not empty after all is tried again.
 */
export async function removeLeftover(path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await removeTree(path)
    } catch (error) {
      if (!isCtError(error) || error.code !== 'NATIVE_TREE_FAILED' || attempt === ATTEMPTS) throw error
      await setTimeout(PAUSE_MS)
    }
  }
}
