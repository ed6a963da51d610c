import { checkStore } from '@ct/image'
import type { Context } from '../context.ts'
import { openStorage, type StorageFlags, storageOf } from './open-storage.ts'

/** Reads every blob of a registry, and prints what is damaged, missing or unreadable; gives the exit status, 1 when there is something. */
export async function checkRegistry(flags: StorageFlags, context: Context): Promise<number> {
  using opened = await openStorage(storageOf(flags, context))
  const problems = await checkStore(opened.store)
  for (const { problem, digest, neededBy, message } of problems) {
    const who = neededBy.length === 0 ? '(nothing needs it)' : neededBy.join(' ')
    context.stdout.write(digest === undefined ? `${problem} ${message}\n` : `${problem} ${digest} ${who}\n`)
  }
  return problems.length === 0 ? 0 : 1
}
