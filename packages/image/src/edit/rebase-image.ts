import { ImageError } from '../errors.ts'
import type { HistoryEntry } from '../image-config.ts'
import type { Image } from '../read-image.ts'
import { type ImageDraft, withLayers } from './image-draft.ts'

/**
 * Puts an image on another base: the layers of `from`, which must be its lowest, become those of `onto`. What the image says about
 * running it stays.
 * @throws ImageError `IMAGE_NOT_BASED` when it is not built on `from`, or `onto` is for another platform
 */
export function rebaseImage(draft: ImageDraft, { from, onto }: { readonly from: Image; readonly onto: Image }): ImageDraft {
  const differing = from.layers.findIndex(({ diffId }, index) => draft.layers[index]?.diffId !== diffId)
  if (differing !== -1) {
    throw new ImageError('IMAGE_NOT_BASED', `the image is not built on ${from.manifestDescriptor.digest}: layer ${differing} is another`, {
      kind: 'conflict',
      hint: 'name the base that the image was built on; its label org.opencontainers.image.base.digest may tell',
    })
  }
  const { os, architecture } = draft.config
  if (onto.config.os !== os || onto.config.architecture !== architecture) {
    const built = `${onto.config.os}/${onto.config.architecture}`
    throw new ImageError('IMAGE_NOT_BASED', `${onto.manifestDescriptor.digest} is for ${built}, the image for ${os}/${architecture}`, {
      kind: 'conflict',
    })
  }
  const own = ownHistory(draft.config.history ?? [], from.layers.length)
  return withLayers(draft, [...onto.layers, ...draft.layers.slice(from.layers.length)], [...(onto.config.history ?? []), ...own])
}

/** What comes after the entries of the base's layers; steps without a layer that follow the last of them are the image's own. */
function ownHistory(history: readonly HistoryEntry[], baseLayers: number): readonly HistoryEntry[] {
  let layers = 0
  for (const [index, { empty_layer: isEmpty }] of history.entries()) {
    if (layers === baseLayers) return history.slice(index)
    if (isEmpty !== true) layers++
  }
  return []
}
