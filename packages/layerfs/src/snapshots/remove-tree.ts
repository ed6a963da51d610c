import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isCtError } from '@ct/errors'
import { openTreeWriter } from '@ct/native'

const ATTEMPTS = 10
const PAUSE_MS = 50
/** What a container that wrote little leaves is below this; to start the helper takes longer than to remove it here. */
const FEW_ENTRIES = 64
const SMALL_DIRECTORY_BYTES = 16_384
const SLASH = Buffer.from('/')

/** Removes a tree that nobody else uses: a large one by the helper, which is fast and never leaves the parent directory. */
export async function removeTree(path: string): Promise<void> {
  if (!removeFew(Buffer.from(path), { left: FEW_ENTRIES })) await removeByHelper(path)
}

/**
 * Removes what a process that was killed has left. Its helper may still be writing what was on its way to it, so a
 * directory that is not empty after all is tried again.
 */
export async function removeLeftover(path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await removeByHelper(path)
    } catch (error) {
      if (!isCtError(error) || error.code !== 'NATIVE_TREE_FAILED' || attempt === ATTEMPTS) throw error
      await setTimeout(PAUSE_MS)
    }
  }
}

async function removeByHelper(path: string): Promise<void> {
  await using writer = await openTreeWriter({ path: dirname(path) })
  writer.remove(basename(path))
  await writer.finish()
}

/** Removes entries until the budget is used up; true when nothing is left. Names are bytes, and no link is followed. */
function removeFew(directory: Buffer, budget: { left: number }): boolean {
  if (lstatSync(directory).size > SMALL_DIRECTORY_BYTES) return false
  for (const entry of readdirSync(directory, { encoding: 'buffer', withFileTypes: true })) {
    if (budget.left-- === 0) return false
    const path = Buffer.concat([directory, SLASH, entry.name])
    if (!entry.isDirectory()) unlinkSync(path)
    else if (!removeFew(path, budget)) return false
  }
  rmdirSync(directory)
  return true
}
