import { CtError, type ErrorKind } from '@ct/errors'

/**
 * The error codes of the distribution spec with `DISTRIBUTION_` before them.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
export type DistributionErrorCode =
  | 'DISTRIBUTION_BLOB_UNKNOWN'
  | 'DISTRIBUTION_BLOB_UPLOAD_INVALID'
  | 'DISTRIBUTION_BLOB_UPLOAD_UNKNOWN'
  | 'DISTRIBUTION_DIGEST_INVALID'
  | 'DISTRIBUTION_MANIFEST_BLOB_UNKNOWN'
  | 'DISTRIBUTION_MANIFEST_INVALID'
  | 'DISTRIBUTION_MANIFEST_UNKNOWN'
  | 'DISTRIBUTION_NAME_INVALID'
  | 'DISTRIBUTION_NAME_UNKNOWN'
  | 'DISTRIBUTION_SIZE_INVALID'
  | 'DISTRIBUTION_TOOMANYREQUESTS'
  | 'DISTRIBUTION_UNSUPPORTED'

/** An error of this package; every one is answered with the spec's error body and a status of its own. */
export class DistributionError extends CtError<DistributionErrorCode> {
  readonly status: number

  constructor(
    code: DistributionErrorCode,
    message: string,
    { status = STATUS[code], cause }: { readonly status?: number; readonly cause?: unknown } = {},
  ) {
    super(code, message, { kind: KIND[status] ?? 'invalid', cause })
    this.status = status
  }
}

const STATUS: Readonly<Record<DistributionErrorCode, number>> = {
  DISTRIBUTION_BLOB_UNKNOWN: 404,
  DISTRIBUTION_BLOB_UPLOAD_INVALID: 400,
  DISTRIBUTION_BLOB_UPLOAD_UNKNOWN: 404,
  DISTRIBUTION_DIGEST_INVALID: 400,
  DISTRIBUTION_MANIFEST_BLOB_UNKNOWN: 404,
  DISTRIBUTION_MANIFEST_INVALID: 400,
  DISTRIBUTION_MANIFEST_UNKNOWN: 404,
  DISTRIBUTION_NAME_INVALID: 400,
  DISTRIBUTION_NAME_UNKNOWN: 404,
  DISTRIBUTION_SIZE_INVALID: 413,
  DISTRIBUTION_TOOMANYREQUESTS: 429,
  DISTRIBUTION_UNSUPPORTED: 405,
}

const KIND: Readonly<Record<number, ErrorKind>> = {
  404: 'not-found',
  405: 'unsupported',
  413: 'exhausted',
  416: 'conflict',
  429: 'exhausted',
  507: 'exhausted',
}
