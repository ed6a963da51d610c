import errors from 'undici/lib/core/errors.js'
import { RegistryError } from './errors.ts'

/** What the network, TLS or undici said, as an error of ours. Other errors, such as the reason of an abort, stay as they are. */
export function asNetworkError(error: unknown, url: URL): unknown {
  // Such an error quotes what it could not read, which may be a secret: it is not kept as the cause.
  if (error instanceof errors.HTTPParserError) return protocolError(url, 'it does not answer with HTTP')
  const code = codeOf(error)
  if (code === undefined || error instanceof RegistryError) return error
  const failure = failures.find(({ pattern }) => pattern.test(code))
  if (failure === undefined) return error
  const { why, hint } = failure
  return new RegistryError('REGISTRY_UNREACHABLE', `${url.host}: ${why} (${code})`, { kind: 'unavailable', hint, cause: error })
}

/** Whether the connection was never made and will not be at the next attempt. */
export function isHopeless(error: unknown): boolean {
  const code = error instanceof RegistryError ? codeOf(error.cause) : codeOf(error)
  return code !== undefined && /^(ECONNREFUSED|ENOTFOUND|EPROTO|CERT_|ERR_SSL|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)
}

const failures: readonly { pattern: RegExp; why: string; hint: string }[] = [
  { pattern: /^ECONNREFUSED$/, why: 'nobody listens there', hint: 'check the name and port of the registry, and that it runs' },
  { pattern: /^(ENOTFOUND|EAI_AGAIN)$/, why: 'the name cannot be resolved', hint: 'check the name of the registry and the network' },
  {
    pattern: /^(EPROTO|ERR_SSL_)/,
    why: 'it does not answer with TLS',
    hint: 'if this registry speaks plain HTTP, name its host as an insecure registry',
  },
  {
    pattern: /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS)/,
    why: 'its certificate is not trusted',
    hint: 'add its certificate authority to this system',
  },
  { pattern: /^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$|^ETIMEDOUT$/, why: 'it does not answer in time', hint: 'try again later' },
  {
    pattern:
      /^(ECONNRESET|ECONNABORTED|EPIPE|EHOSTUNREACH|ENETUNREACH|UND_ERR_SOCKET|UND_ERR_CLOSED|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|ERR_STREAM_PREMATURE_CLOSE)$/,
    why: 'the connection broke',
    hint: 'try again',
  },
]

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The error for a registry that does not keep to the protocol. */
export function protocolError(url: URL, why: string): RegistryError {
  return new RegistryError('REGISTRY_PROTOCOL', `${url.host}${url.pathname}: ${why}`, {
    kind: 'internal',
    hint: 'the registry may be broken, or not be a registry',
  })
}
