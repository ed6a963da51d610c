import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http'
import { RegistryError, type RegistryErrorCode } from './errors.ts'

/** An answer that is not what was hoped for. */
export interface FailedResponse {
  readonly method: string
  readonly url: URL
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The beginning of the body. */
  readonly body: Uint8Array
}

const kinds = {
  REGISTRY_UNAUTHORIZED: 'unauthorized',
  REGISTRY_DENIED: 'denied',
  REGISTRY_NOT_FOUND: 'not-found',
  REGISTRY_TOO_MANY_REQUESTS: 'unavailable',
  REGISTRY_SERVER_ERROR: 'unavailable',
  REGISTRY_REFUSED: 'invalid',
  REGISTRY_UNSUPPORTED: 'unsupported',
  REGISTRY_PROTOCOL: 'internal',
} as const satisfies Partial<Record<RegistryErrorCode, string>>

const hints: Partial<Record<keyof typeof kinds, string>> = {
  REGISTRY_UNAUTHORIZED: 'log in to the registry; the repository may also not exist',
  REGISTRY_DENIED: 'this login may not do that in this repository',
  REGISTRY_NOT_FOUND: 'check the repository and the tag',
  REGISTRY_UNSUPPORTED: 'the registry does not offer this, or has it turned off',
  REGISTRY_TOO_MANY_REQUESTS: 'wait a while, or log in for a higher limit',
  REGISTRY_SERVER_ERROR: 'try again later',
}

/**
 * The error for an answer; what the registry says goes into the message, the query of the URL (it may be signed) does not.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
export function responseError(response: FailedResponse): RegistryError {
  const { method, url, status } = response
  const code = codeFor(status)
  const said = spokenErrors(response.body)
  const message = `${method} ${url.host}${url.pathname}: ${status} ${STATUS_CODES[status] ?? ''}${said === '' ? '' : `: ${said}`}`
  return new RegistryError(code, message, { kind: kinds[code], hint: hints[code] })
}

function codeFor(status: number): keyof typeof kinds {
  if (status === 401) return 'REGISTRY_UNAUTHORIZED'
  if (status === 403) return 'REGISTRY_DENIED'
  if (status === 404) return 'REGISTRY_NOT_FOUND'
  if (status === 429) return 'REGISTRY_TOO_MANY_REQUESTS'
  if (status === 405 || status === 501) return 'REGISTRY_UNSUPPORTED'
  if (status >= 500) return 'REGISTRY_SERVER_ERROR'
  return status >= 400 ? 'REGISTRY_REFUSED' : 'REGISTRY_PROTOCOL'
}

/** The `errors` of the distribution spec, as one line of printable text. */
function spokenErrors(body: Uint8Array): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    const errors = typeof value === 'object' && value !== null && 'errors' in value && Array.isArray(value.errors) ? value.errors : []
    return errors.slice(0, 5).map(spokenError).filter(Boolean).join('; ').slice(0, 500)
  } catch (error) {
    if (error instanceof SyntaxError) return ''
    throw error
  }
}

function spokenError(value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  const { code, message } = value as { code?: unknown; message?: unknown }
  const parts = [code, message].filter((part): part is string => typeof part === 'string' && part !== '')
  return parts.join(' ').replace(/[^ -~]+/g, ' ')
}
