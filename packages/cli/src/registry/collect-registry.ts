import { type Collected, type CollectOptions, createRegistry } from '@ct/registry'
import type { Context } from '../context.ts'
import { openExisting, type StorageFlags, storageOf } from './open-storage.ts'
import { askRegistry, holdRegistryRoot } from './registry-root.ts'
import { type RetentionFlags, retentionRules } from './retention-rules.ts'

/** Collects the garbage of a registry: by its server when one runs in the same directory, else in this process. */
export async function collectRegistry(flags: StorageFlags & RetentionFlags, given: CollectOptions, context: Context): Promise<Collected> {
  const options = { ...given, retention: await retentionRules(flags) }
  const storage = storageOf(flags, context)
  const { root } = storage
  const answer = root === undefined ? undefined : ((await askRegistry(root, 'collect', options)) as Collected | undefined)
  if (answer !== undefined) return answer
  using opened = await openExisting(storage)
  await using _held = root === undefined ? undefined : await holdRegistryRoot(root)
  await using registry = createRegistry({ store: opened.store })
  return await registry.collect(options)
}
