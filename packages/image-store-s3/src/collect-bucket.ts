import { type Collection, type Digest, type Leases, reachableOrDamaged } from '@ct/image'
import type { BlobObjects } from './blob-objects.ts'
import type { Bucket } from './bucket.ts'
import { isUnsupported } from './errors.ts'
import { FOLDERS } from './keys.ts'
import type { ReferenceObjects } from './reference-objects.ts'

/** What a store is made of. */
export interface StoreParts {
  readonly bucket: Bucket
  readonly blobs: BlobObjects
  readonly refs: ReferenceObjects
  readonly leases: Leases
}

const STALE_UPLOAD_MS = 24 * 3_600_000

/**
 * Removes what no reference, root or lease reaches. What is younger than the grace when the collection begins stays: whoever found or
 * pushed it may be about to refer to it, here or in another process.
 */
export async function collectBucket(
  { bucket, blobs, refs, leases }: StoreParts,
  { roots, graceMs }: { readonly roots: Iterable<Digest>; readonly graceMs: number },
): Promise<Collection> {
  const oldestMs = Date.now() - graceMs
  await removeStaleUploads(bucket)
  await blobs.clean(oldestMs)
  const tagged = (await refs.list()).map(({ descriptor }) => descriptor)
  const read = (digest: Digest) => blobs.document(digest)
  const { keep, damaged } = await reachableOrDamaged([...tagged, ...roots, ...leases.digests()], read)
  if (damaged.length > 0) return { removed: [], freedBytes: 0, damaged }
  const removed: Digest[] = []
  let freedBytes = 0
  for await (const { digest, size, modifiedAtMs } of blobs.list()) {
    if (keep.has(digest) || leases.holds(digest) || modifiedAtMs > oldestMs) continue
    if (!(await blobs.collect(digest, oldestMs))) continue
    removed.push(digest)
    freedBytes += size
  }
  return { removed, freedBytes, damaged }
}

async function removeStaleUploads(bucket: Bucket): Promise<void> {
  const oldestMs = Date.now() - STALE_UPLOAD_MS
  for await (const { key, modifiedAtMs } of bucket.list(FOLDERS.uploads)) if (modifiedAtMs <= oldestMs) await bucket.remove(key)
  try {
    for await (const upload of bucket.listParted(FOLDERS.uploads)) if (upload.startedAtMs <= oldestMs) await bucket.abortParts(upload)
  } catch (error) {
    // Services that cannot list them remove them by themselves.
    if (!isUnsupported(error)) throw error
  }
}
