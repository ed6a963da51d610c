import type { HistoryEntry, Image } from '@ct/image'
import { ZERO_TIME } from '../store/time-text.ts'
import type { ImageHistoryEntry } from './image-types.ts'

/** The history of an image, newest first; `sizes` are those of its layers, lowest first. */
export function imageHistory(image: Image, sizes: readonly number[], tags: readonly string[]): ImageHistoryEntry[] {
  const unknown: readonly HistoryEntry[] = image.layers.map(() => ({}))
  const steps = image.config.history ?? unknown
  const remaining = [...sizes]
  const entries = steps.map((step): ImageHistoryEntry => {
    const { created = ZERO_TIME, created_by: createdBy = '', comment = '', empty_layer: isEmpty = false } = step
    return { id: '', createdAt: created, createdBy, comment, sizeBytes: isEmpty ? 0 : (remaining.shift() ?? 0), tags: [] }
  })
  return entries.reverse().map((entry, index) => (index === 0 ? { ...entry, id: image.imageId, tags } : entry))
}
