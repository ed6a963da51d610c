import type { IncomingMessage, ServerResponse } from 'node:http'
import { type CtError, type ErrorKind, isCtError } from '@ct/errors'
import { DistributionError } from './errors.ts'

/** Whether something thrown is an error of one of the kinds. */
export function hasErrorKind(error: unknown, ...kinds: readonly ErrorKind[]): error is CtError {
  return isCtError(error) && kinds.includes(error.kind)
}

/**
 * What a client is told of something thrown: an error of ours as it is, one of the store about what the client sent translated. `undefined`
 * is a fault on our side, of which a client hears nothing: so are wrong bytes when it only wanted to read.
 */
export function asDistributionError(error: unknown, method: string | undefined): DistributionError | undefined {
  if (error instanceof DistributionError) return error.status === 500 ? undefined : error
  if (!isCtError(error)) return undefined
  if (error.code === 'IMAGE_BAD_REFERENCE') return new DistributionError('DISTRIBUTION_NAME_INVALID', error.message, { cause: error })
  if (method === 'GET' || method === 'HEAD') return undefined
  if (error.code === 'IMAGE_DIGEST_MISMATCH') return new DistributionError('DISTRIBUTION_DIGEST_INVALID', error.message, { cause: error })
  if (error.code === 'IMAGE_SIZE_MISMATCH')
    return new DistributionError('DISTRIBUTION_SIZE_INVALID', error.message, { status: 400, cause: error })
  // Where there is no room is nobody's business but ours.
  if (error.kind === 'exhausted')
    return new DistributionError('DISTRIBUTION_BLOB_UPLOAD_INVALID', 'there is no room for it', { status: 507, cause: error })
  return undefined
}

/**
 * Answers with the spec's error body. A body that is still coming is not waited for: the connection closes after the answer.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
export function answerError(request: IncomingMessage, response: ServerResponse, error: DistributionError | undefined): void {
  if (response.headersSent) return void response.destroy()
  const code = error?.code.replace('DISTRIBUTION_', '') ?? 'UNKNOWN'
  const body = JSON.stringify({ errors: [{ code, message: error?.message ?? 'the registry failed; its log says why' }] })
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...error?.headers }
  response.writeHead(error?.status ?? 500, request.complete ? headers : { ...headers, connection: 'close' })
  response.end(request.method === 'HEAD' ? undefined : body)
}
