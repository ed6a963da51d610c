import type { Digest } from '@ct/image'
import { LayerfsError } from '../errors.ts'

/** The error for a layer that is not the one of the image's config. */
export function diffIdMismatch(expected: Digest, actual: Digest): LayerfsError {
  return new LayerfsError('LAYERFS_DIFF_ID_MISMATCH', `the layer has the diffID ${actual}; ${expected} was expected`, {
    kind: 'corrupt',
    hint: 'the layer is not the one that the image was made with',
  })
}
