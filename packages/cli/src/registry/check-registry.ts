import { ContentStore } from '@ct/image'
import { scrub } from '@ct/registry'
import type { Context } from '../context.ts'
import { registryRoot } from './registry-root.ts'

/** Reads every blob of a registry, and prints what is damaged or missing; gives the exit status, 1 when there is something. */
export async function checkRegistry(rootFlag: string | undefined, context: Context): Promise<number> {
  const damage = await scrub(await ContentStore.open(registryRoot(rootFlag, context)))
  for (const { digest, problem, references } of damage)
    context.stdout.write(`${problem} ${digest} ${references.length === 0 ? '(nothing needs it)' : references.join(' ')}\n`)
  return damage.length === 0 ? 0 : 1
}
