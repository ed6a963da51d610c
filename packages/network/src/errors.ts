import { CtError } from '@ct/errors'

/** Codes of {@link NetworkError}. */
export type NetworkErrorCode =
  | 'NETWORK_ADDRESS_INVALID'
  | 'NETWORK_ADDRESS_IN_USE'
  | 'NETWORK_ADDRESSES_EXHAUSTED'
  | 'NETWORK_SUBNETS_EXHAUSTED'
  | 'NETWORK_NAME_INVALID'
  | 'NETWORK_PORT_INVALID'
  | 'NETWORK_PORT_IN_USE'
  | 'NETWORK_PORTS_EXHAUSTED'
  | 'NETWORK_ENDPOINT_EXISTS'
  | 'NETWORK_RECORD_CORRUPT'
  | 'NETWORK_SETUP_FAILED'

/** An error of networks, addresses and ports. */
export class NetworkError extends CtError<NetworkErrorCode> {}
