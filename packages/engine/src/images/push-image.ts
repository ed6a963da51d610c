import { copy, type Digest, formatReference, type Reference, type Target } from '@ct/image'
import type { ImageCatalog } from './image-catalog.ts'
import type { ImageRecord } from './image-record.ts'
import type { PushOptions } from './image-types.ts'

/** What is pushed under which name. */
export interface PushRequest {
  readonly record: ImageRecord
  readonly reference: Reference
  readonly options: PushOptions
}

/** Copies an image from the store to a repository; gives the digest that it has there. */
export async function pushImage(catalog: ImageCatalog, target: Target, { record, reference, options }: PushRequest): Promise<Digest> {
  const { signal, onProgress } = options
  const { layers } = await catalog.read(record)
  const layerDigests = new Set(layers.map(({ descriptor }) => descriptor.digest))
  const { digest, size } = await copy(catalog.store, target, formatReference(reference), {
    as: reference.tag,
    signal,
    onProgress: ({ descriptor, state, transferredBytes }) => {
      if (!layerDigests.has(descriptor.digest)) return
      const states = { waiting: 'waiting', transferring: 'pushing', exists: 'exists', done: 'pushed' } as const
      const progress = { state: states[state], currentBytes: transferredBytes, totalBytes: descriptor.size }
      onProgress?.({ kind: 'layer', digest: descriptor.digest, ...progress })
    },
  })
  onProgress?.({ kind: 'pushed', reference: formatReference(reference), digest, sizeBytes: size })
  return digest
}
