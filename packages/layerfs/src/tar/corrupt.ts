import { LayerfsError } from '../errors.ts'

/** The error for an archive that breaks the format. */
export function corrupt(what: string): LayerfsError {
  return new LayerfsError('TAR_CORRUPT', `not a sound tar archive: ${what}`, { kind: 'corrupt' })
}
