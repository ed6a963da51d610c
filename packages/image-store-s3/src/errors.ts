import { CtError, type ErrorKind } from '@ct/errors'

/** What can be wrong with a bucket; the README has the table. What is wrong with images is an `ImageError`, as in every store. */
export type BucketErrorCode = 'BUCKET_UNAUTHORIZED' | 'BUCKET_DENIED' | 'BUCKET_MISSING' | 'BUCKET_UNREACHABLE' | 'BUCKET_FAILED'

/** The error of this package. */
export class BucketError extends CtError<BucketErrorCode> {}

interface Meaning {
  readonly kind: ErrorKind
  readonly what: string
  readonly hint?: string
}

// A bucket that is not there is a mistake in the settings, not something that was looked for: hence no 'not-found'.
const MEANINGS: Readonly<Record<BucketErrorCode, Meaning>> = {
  BUCKET_UNAUTHORIZED: {
    kind: 'unauthorized',
    what: 'refuses the credentials',
    hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what else the AWS environment knows',
  },
  BUCKET_DENIED: {
    kind: 'denied',
    what: 'does not allow this',
    hint: 'the account must list, read, write and delete objects under the prefix',
  },
  BUCKET_MISSING: { kind: 'invalid', what: 'is not there, or in another region', hint: 'make the bucket first, and check its region' },
  BUCKET_UNREACHABLE: { kind: 'unavailable', what: 'cannot be reached', hint: 'check the endpoint and the network' },
  BUCKET_FAILED: { kind: 'internal', what: 'answered with an error' },
}

const CODES: readonly (readonly [RegExp, BucketErrorCode])[] = [
  [
    /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|CredentialsProviderError|TokenRefreshRequired)$/,
    'BUCKET_UNAUTHORIZED',
  ],
  [/^(AccessDenied|AllAccessDisabled|AccountProblem)$/, 'BUCKET_DENIED'],
  [
    /^(NoSuchBucket|PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|InvalidBucketName)$/,
    'BUCKET_MISSING',
  ],
]

/** Says what an error of the AWS client means; `place` is what was asked, as in `s3://bucket/key`. */
export function asBucketError(error: unknown, place: string): BucketError {
  const code = codeOf(error)
  const { kind, what, hint } = MEANINGS[code]
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new BucketError(code, `${place} ${what}: ${reason}`, { kind, hint, cause: error })
}

function codeOf(error: unknown): BucketErrorCode {
  const name = error instanceof Error ? error.name : ''
  const known = CODES.find(([pattern]) => pattern.test(name))
  if (known !== undefined) return known[1]
  const status = statusOf(error)
  // The answer to a HEAD has no body that could say more than its status.
  if (status === 401 || status === 403) return 'BUCKET_DENIED'
  if (status === undefined ? isNetworkError(error) : status >= 500 || status === 429) return 'BUCKET_UNREACHABLE'
  return 'BUCKET_FAILED'
}

/** The HTTP status of an answer that was an error. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  const { httpStatusCode } = error.$metadata as { readonly httpStatusCode?: number }
  return httpStatusCode
}

/** Whether a service that speaks S3 says that it does not know this part of it. */
export function isUnsupported(error: unknown): boolean {
  const { cause } = error instanceof BucketError ? error : { cause: undefined }
  return [405, 501].includes(statusOf(cause) ?? 0)
}

function isNetworkError(error: unknown): boolean {
  return (
    error instanceof Error &&
    (/^TimeoutError$/.test(error.name) ||
      /^(E[A-Z]+|ERR_TLS\w*|CERT_\w+|DEPTH_\w+|SELF_\w+|UNABLE_\w+)$/.test(String((error as NodeJS.ErrnoException).code)))
  )
}
