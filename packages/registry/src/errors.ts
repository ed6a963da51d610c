import { CtError, type ErrorKind } from '@ct/errors'

/**
 * The error codes of the distribution spec with `DISTRIBUTION_` before them, and those of setting a registry up, which no client sees.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
export type DistributionErrorCode =
  | 'DISTRIBUTION_BAD_ACCOUNTS'
  | 'DISTRIBUTION_BAD_TLS'
  | 'DISTRIBUTION_BLOB_UNKNOWN'
  | 'DISTRIBUTION_BLOB_UPLOAD_INVALID'
  | 'DISTRIBUTION_BLOB_UPLOAD_UNKNOWN'
  | 'DISTRIBUTION_DENIED'
  | 'DISTRIBUTION_DIGEST_INVALID'
  | 'DISTRIBUTION_MANIFEST_BLOB_UNKNOWN'
  | 'DISTRIBUTION_MANIFEST_INVALID'
  | 'DISTRIBUTION_MANIFEST_UNKNOWN'
  | 'DISTRIBUTION_NAME_INVALID'
  | 'DISTRIBUTION_NAME_UNKNOWN'
  | 'DISTRIBUTION_SIZE_INVALID'
  | 'DISTRIBUTION_TOOMANYREQUESTS'
  | 'DISTRIBUTION_UNAUTHORIZED'
  | 'DISTRIBUTION_UNSUPPORTED'
  | 'DISTRIBUTION_UPSTREAM_FAILED'

/** What else there is to say about an error. */
export interface DistributionErrorOptions {
  /** @default that of the code */
  readonly status?: number
  /** Of the answer. */
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** An error of this package; every one that a request meets is answered with the spec's error body and a status of its own. */
export class DistributionError extends CtError<DistributionErrorCode> {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(code: DistributionErrorCode, message: string, { status = STATUS[code], headers = {}, cause }: DistributionErrorOptions = {}) {
    super(code, message, { kind: KIND[status] ?? 'invalid', cause })
    this.status = status
    this.headers = headers
  }
}

const STATUS: Readonly<Record<DistributionErrorCode, number>> = {
  DISTRIBUTION_BAD_ACCOUNTS: 500,
  DISTRIBUTION_BAD_TLS: 500,
  DISTRIBUTION_BLOB_UNKNOWN: 404,
  DISTRIBUTION_BLOB_UPLOAD_INVALID: 400,
  DISTRIBUTION_BLOB_UPLOAD_UNKNOWN: 404,
  DISTRIBUTION_DENIED: 403,
  DISTRIBUTION_DIGEST_INVALID: 400,
  DISTRIBUTION_MANIFEST_BLOB_UNKNOWN: 404,
  DISTRIBUTION_MANIFEST_INVALID: 400,
  DISTRIBUTION_MANIFEST_UNKNOWN: 404,
  DISTRIBUTION_NAME_INVALID: 400,
  DISTRIBUTION_NAME_UNKNOWN: 404,
  DISTRIBUTION_SIZE_INVALID: 413,
  DISTRIBUTION_TOOMANYREQUESTS: 429,
  DISTRIBUTION_UNAUTHORIZED: 401,
  DISTRIBUTION_UNSUPPORTED: 405,
  DISTRIBUTION_UPSTREAM_FAILED: 502,
}

const KIND: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthorized',
  403: 'denied',
  404: 'not-found',
  405: 'unsupported',
  413: 'exhausted',
  416: 'conflict',
  429: 'exhausted',
  500: 'internal',
  502: 'unavailable',
  507: 'exhausted',
}
