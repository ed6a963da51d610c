import { type Digest, type ImageStore, verified } from '@ct/image'
import { hasErrorKind } from '../error-answer.ts'

/** Something wrong with the store of a registry. */
export interface Damage {
  readonly digest: Digest
  /** `damaged` has other bytes than its digest says, `missing` is none at all. */
  readonly problem: 'damaged' | 'missing'
  /** References that need it; empty for a blob that nothing refers to. */
  readonly references: readonly string[]
}

/** Options of {@link scrub}. */
export interface ScrubOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((checkedBlobs: number) => void) | undefined
}

/**
 * Reads every blob of a store and compares it with its digest, and looks for what references need and is not there. To mend, push what
 * is named again after removing it from the store.
 */
export async function scrub(store: ImageStore, { signal, onProgress }: ScrubOptions = {}): Promise<readonly Damage[]> {
  const needed = new Map<Digest, string[]>()
  for (const { reference, descriptor } of await store.listRefs())
    needed.set(descriptor.digest, [...(needed.get(descriptor.digest) ?? []), reference])
  const found: Damage[] = []
  const seen = new Set<Digest>()
  for await (const blob of store.list()) {
    signal?.throwIfAborted()
    seen.add(blob.digest)
    if (!(await isIntact(store, blob, signal)))
      found.push({ digest: blob.digest, problem: 'damaged', references: needed.get(blob.digest) ?? [] })
    onProgress?.(seen.size)
  }
  for (const [digest, references] of needed) if (!seen.has(digest)) found.push({ digest, problem: 'missing', references })
  return found
}

async function isIntact(
  store: ImageStore,
  blob: { readonly digest: Digest; readonly size: number },
  signal?: AbortSignal,
): Promise<boolean> {
  const descriptor = { mediaType: 'application/octet-stream', ...blob }
  try {
    for await (const _chunk of verified(descriptor, store.fetch(descriptor, { verify: false, signal }))) signal?.throwIfAborted()
    return true
  } catch (error) {
    if (hasErrorKind(error, 'corrupt')) return false
    throw error
  }
}
