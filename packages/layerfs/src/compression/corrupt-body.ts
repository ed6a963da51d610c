import type { LayerCompression } from '@ct/image'
import { LayerfsError } from '../errors.ts'

/** The error for compressed bytes that are not what they should be. */
export function corruptBody(format: LayerCompression, cause: unknown): LayerfsError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new LayerfsError('LAYERFS_COMPRESSION_CORRUPT', `not a sound ${format} body: ${reason}`, { kind: 'corrupt', cause })
}
