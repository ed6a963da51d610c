import { type Collection, type Descriptor, type Digest, isNote, type Leases, reachableOrDamaged } from '@ct/image'
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
  const references = await refs.list(undefined, { hasInternal: true })
  const tagged = references.filter(({ reference }) => !isNote(reference)).map(({ descriptor }) => descriptor)
  const read = (digest: Digest) => blobs.document(digest)
  const { keep, damaged } = await reachableOrDamaged([...tagged, ...roots, ...leases.digests()], read)
  if (damaged.length > 0) return { removed: [], freedBytes: 0, damaged }
  const removed: Digest[] = []
  const present = new Set<Digest>()
  let freedBytes = 0
  for await (const { digest, size, modifiedAtMs } of blobs.list()) {
    present.add(digest)
    if (keep.has(digest) || leases.holds(digest) || modifiedAtMs > oldestMs) continue
    if (!(await blobs.collect(digest, oldestMs))) continue
    removed.push(digest)
    present.delete(digest)
    freedBytes += size
  }
  const stray = references.filter(({ reference, descriptor }) => isNote(reference) && !present.has(descriptor.digest))
  for (const note of stray) await removeNote(blobs, refs, note)
  return { removed, freedBytes, damaged }
}

/** What it is about may have come back since the blobs were listed, or comes back at this moment. */
async function removeNote(
  blobs: BlobObjects,
  refs: ReferenceObjects,
  { reference, descriptor }: { readonly reference: string; readonly descriptor: Descriptor },
): Promise<void> {
  if ((await blobs.info(descriptor.digest)) !== undefined) return
  await refs.remove(reference)
  if ((await blobs.info(descriptor.digest)) !== undefined) await refs.write(reference, descriptor)
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
