import { CtError } from '@ct/errors'

/** What can be wrong with images, references, stores and archives; the README has the table. */
export type ImageErrorCode =
  | 'IMAGE_BAD_DIGEST'
  | 'IMAGE_BAD_REFERENCE'
  | 'IMAGE_BAD_PLATFORM'
  | 'IMAGE_BAD_MANIFEST'
  | 'IMAGE_BAD_CONFIG'
  | 'IMAGE_BAD_ARCHIVE'
  | 'IMAGE_BAD_STORE'
  | 'IMAGE_UNSUPPORTED_MEDIA_TYPE'
  | 'IMAGE_TOO_LARGE'
  | 'IMAGE_DIGEST_MISMATCH'
  | 'IMAGE_SIZE_MISMATCH'
  | 'IMAGE_NO_PLATFORM'
  | 'IMAGE_NO_REFERENCE'
  | 'IMAGE_NO_BLOB'
  | 'IMAGE_NO_SPACE'
  | 'IMAGE_NOT_BASED'

/** The error of this package. */
export class ImageError extends CtError<ImageErrorCode> {}
