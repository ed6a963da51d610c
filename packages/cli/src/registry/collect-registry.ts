import { ContentStore } from '@ct/image'
import { type Collected, createRegistry } from '@ct/registry'
import type { Context } from '../context.ts'
import { askToCollect, type CollectRequest, holdRegistryRoot, registryRoot } from './registry-root.ts'

/** Collects the garbage of a registry: by its server when one runs, else in this process. */
export async function collectRegistry(rootFlag: string | undefined, options: CollectRequest, context: Context): Promise<Collected> {
  const root = registryRoot(rootFlag, context)
  const answer = (await askToCollect(root, options)) as Collected | undefined
  if (answer !== undefined) return answer
  await using _held = await holdRegistryRoot(root, async () => ({}))
  await using registry = createRegistry({ store: await ContentStore.open(root) })
  return await registry.collect(options)
}
