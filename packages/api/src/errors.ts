import { CtError, type CtErrorOptions } from '@ct/errors'

/** What goes wrong between a client and a daemon. */
export type ApiErrorCode =
  // at the client
  | 'API_BAD_ADDRESS'
  | 'API_BAD_ANSWER'
  | 'API_CONNECTION_LOST'
  | 'API_FAILED_MIDWAY'
  | 'API_REFUSED'
  | 'API_UNREACHABLE'
  // at the server
  | 'API_ADDRESS_IN_USE'
  | 'API_BAD_REQUEST'
  | 'API_BAD_VERSION'
  | 'API_DENIED_PAGE'
  | 'API_NOT_BUILT'
  | 'API_NO_ROUTE'
  | 'API_NO_SWARM'

/** Options of {@link ApiError}. */
export interface ApiErrorOptions extends CtErrorOptions {
  /** The status of the HTTP answer, if there was one. */
  readonly status?: number | undefined
  /** The code that a daemon of ours gave its error. */
  readonly ctCode?: string | undefined
}

/** Thrown by everything in `@ct/api`. */
export class ApiError extends CtError<ApiErrorCode> {
  /** The status of the HTTP answer that this error came with. */
  readonly status: number | undefined
  /** The code of the error in the daemon, as `ENGINE_NO_IMAGE`; dockerd gives none. */
  readonly ctCode: string | undefined

  constructor(code: ApiErrorCode, message: string, { status, ctCode, ...options }: ApiErrorOptions) {
    super(code, message, options)
    this.status = status
    this.ctCode = ctCode
  }
}

/** What a client asked for makes no sense. */
export function badRequest(message: string, cause?: unknown): ApiError {
  return new ApiError('API_BAD_REQUEST', message, { kind: 'invalid', cause })
}

/** What a client asked for is part of docker's API, and not of this one yet. */
export function notBuilt(what: string): ApiError {
  return new ApiError('API_NOT_BUILT', `${what} is not built yet`, { kind: 'unsupported' })
}
