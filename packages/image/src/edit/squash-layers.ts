import type { HistoryEntry } from '../image-config.ts'
import type { ImageLayer } from '../read-image.ts'
import { type ImageDraft, withLayers } from './image-draft.ts'

/** Some layers of an image, lowest first, as `slice` counts them. */
interface LayerRange {
  readonly from: number
  /** Not one of them. */
  readonly to: number
}

/**
 * Puts one layer, which must do what they did, in the place of some. Every step of the history stays: those of the layers replaced
 * are marked as having none of their own, and a step follows that has the new one, dated as the last of them. A history that does not
 * fit the layers is dropped. Throws a TypeError for a range that has no layer, or reaches beyond them.
 */
export function squashLayers(draft: ImageDraft, { from, to, layer }: LayerRange & { readonly layer: ImageLayer }): ImageDraft {
  const replaced = draft.layers.slice(from, to)
  if (replaced.length === 0 || replaced.length !== to - from) {
    throw new TypeError(`there are no layers ${from} to ${to} among ${draft.layers.length}`)
  }
  const layers = [...draft.layers.slice(0, from), layer, ...draft.layers.slice(to)]
  const comment = `${replaced[0]?.diffId} to ${replaced.at(-1)?.diffId}`
  return withLayers(draft, layers, squashed(draft, { from, to, comment }))
}

function squashed(draft: ImageDraft, { from, to, comment }: LayerRange & { readonly comment: string }): readonly HistoryEntry[] {
  const history = draft.config.history ?? []
  if (history.filter(({ empty_layer: isEmpty }) => isEmpty !== true).length !== draft.layers.length) return []
  let next = 0
  return history.flatMap((step): HistoryEntry[] => {
    const layer = step.empty_layer === true ? undefined : next++
    if (layer === undefined || layer < from || layer >= to) return [step]
    const emptied = { ...step, empty_layer: true }
    if (layer < to - 1) return [emptied]
    return [emptied, { ...(step.created !== undefined && { created: step.created }), created_by: 'squash', comment }]
  })
}
