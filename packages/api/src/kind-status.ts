import type { ErrorKind } from '@ct/errors'

/** The HTTP status that docker's API has for a kind of error. */
export function statusOfKind(kind: ErrorKind): number {
  switch (kind) {
    case 'not-modified':
      return 304
    case 'invalid':
      return 400
    case 'unauthorized':
      return 401
    case 'denied':
      return 403
    case 'not-found':
      return 404
    case 'conflict':
      return 409
    case 'unsupported':
      return 501
    case 'unavailable':
      return 503
    case 'exhausted':
    case 'corrupt':
    case 'internal':
      return 500
  }
}

/** What kind of error an HTTP status tells. */
export function kindOfStatus(status: number): ErrorKind {
  switch (status) {
    case 304:
      return 'not-modified'
    case 401:
      return 'unauthorized'
    case 403:
      return 'denied'
    case 404:
      return 'not-found'
    case 409:
      return 'conflict'
    case 501:
      return 'unsupported'
    case 503:
      return 'unavailable'
    default:
      return status >= 400 && status < 500 ? 'invalid' : 'internal'
  }
}
