import type { Bucket, Part } from './bucket.ts'

const GIB = 1024 ** 3
/** What one call copies at most. */
const MOST_COPIED = 5 * GIB
const CONCURRENCY = 4

/** An object and where it goes. */
export interface ObjectCopy {
  readonly from: string
  readonly to: string
  readonly sizeBytes: number
  /** One that is larger is copied in parts. @default 5 GiB */
  readonly mostBytes?: number | undefined
}

/** Copies an object of any size within a bucket; one that fails leaves nothing. */
export async function copyObject(bucket: Bucket, { from, to, sizeBytes, mostBytes = MOST_COPIED }: ObjectCopy): Promise<void> {
  if (sizeBytes <= mostBytes) return bucket.copy(from, to)
  const upload = await bucket.startParts(to)
  const partBytes = Math.min(GIB, mostBytes)
  const firsts = Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, index) => index * partBytes).entries()
  const parts: Part[] = []
  let hasFailed = false
  const copyNext = async (): Promise<void> => {
    for (const [index, first] of firsts) {
      if (hasFailed) return
      parts[index] = await bucket.copyPart(upload, index + 1, { from, first, last: Math.min(first + partBytes, sizeBytes) - 1 })
    }
  }
  try {
    const workers = Array.from({ length: CONCURRENCY }, () =>
      copyNext().catch((error: unknown) => {
        hasFailed = true
        throw error
      }),
    )
    // All have to end, as a part that comes after the upload was given up would stay, and cost.
    await Promise.allSettled(workers)
    await Promise.all(workers)
    await bucket.completeParts(upload, parts)
  } catch (error) {
    await bucket.abortParts(upload)
    throw error
  }
}
