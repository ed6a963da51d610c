import { CtError } from '@ct/errors'

/** What can go wrong with a registry; the README has the table. */
export type RegistryErrorCode =
  | 'REGISTRY_UNAUTHORIZED'
  | 'REGISTRY_DENIED'
  | 'REGISTRY_NOT_FOUND'
  | 'REGISTRY_REFUSED'
  | 'REGISTRY_UNSUPPORTED'
  | 'REGISTRY_TOO_MANY_REQUESTS'
  | 'REGISTRY_SERVER_ERROR'
  | 'REGISTRY_UNREACHABLE'
  | 'REGISTRY_PROTOCOL'
  | 'REGISTRY_BAD_CONFIG'
  | 'REGISTRY_HELPER_FAILED'

/** The error of this package. No message and no cause holds a credential, a token or a signed URL. */
export class RegistryError extends CtError<RegistryErrorCode> {}
