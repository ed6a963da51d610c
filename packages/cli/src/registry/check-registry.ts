import { checkStore } from '@ct/image'
import { createRegistry, type ReferrerProblem } from '@ct/registry'
import type { Context } from '../context.ts'
import { openExisting, type Storage, type StorageFlags, storageOf } from './open-storage.ts'
import { askRegistry, holdRegistryRoot } from './registry-root.ts'

/** The flags of `ct registry check`. */
export interface CheckFlags extends StorageFlags {
  readonly repair?: boolean | undefined
}

/**
 * Reads every blob of a registry and compares its index of referrers with its manifests; prints what is damaged, missing or unreadable,
 * and mends the index when told to. Gives the exit status, 1 when something wrong is left.
 */
export async function checkRegistry(flags: CheckFlags, context: Context): Promise<number> {
  const storage = storageOf(flags, context)
  using opened = await openExisting(storage)
  const problems = await checkStore(opened.store)
  for (const { problem, digest, neededBy, message } of problems) {
    const who = neededBy.length === 0 ? '(nothing needs it)' : neededBy.join(' ')
    context.stdout.write(digest === undefined ? `${problem} ${message}\n` : `${problem} ${digest} ${who}\n`)
  }
  const shouldRepair = flags.repair === true
  const referrers = shouldRepair ? await repairReferrers(storage, opened) : await checkReferrers(opened, false)
  for (const { problem, digest, repository } of referrers)
    context.stdout.write(`${problem} ${digest} referrer in ${repository}${shouldRepair ? ', mended' : ''}\n`)
  return problems.length === 0 && (shouldRepair || referrers.length === 0) ? 0 : 1
}

type Opened = Awaited<ReturnType<typeof openExisting>>

/** One process writes a directory: its server, when there is one. */
async function repairReferrers({ root }: Storage, opened: Opened): Promise<readonly ReferrerProblem[]> {
  if (root === undefined) return checkReferrers(opened, true)
  const answer = (await askRegistry(root, 'checkReferrers', { shouldRepair: true })) as readonly ReferrerProblem[] | undefined
  if (answer !== undefined) return answer
  await using _held = await holdRegistryRoot(root)
  return await checkReferrers(opened, true)
}

async function checkReferrers({ store }: Opened, shouldRepair: boolean): Promise<readonly ReferrerProblem[]> {
  await using registry = createRegistry({ store })
  return await registry.checkReferrers({ shouldRepair })
}
