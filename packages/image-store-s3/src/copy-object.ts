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

/** Copies an object of any size within a bucket. */
export async function copyObject(bucket: Bucket, { from, to, sizeBytes, mostBytes = MOST_COPIED }: ObjectCopy): Promise<void> {
  if (sizeBytes <= mostBytes) return bucket.copy(from, to)
  const upload = await bucket.startParts(to)
  try {
    const partBytes = Math.min(GIB, mostBytes)
    const count = Math.ceil(sizeBytes / partBytes)
    const parts: Part[] = []
    let next = 0
    const copyNext = async (): Promise<void> => {
      for (let index = next++; index < count; index = next++) {
        const first = index * partBytes
        parts[index] = await bucket.copyPart(upload, index + 1, { from, first, last: Math.min(first + partBytes, sizeBytes) - 1 })
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, copyNext))
    await bucket.completeParts(upload, parts)
  } catch (error) {
    await bucket.abortParts(upload)
    throw error
  }
}
