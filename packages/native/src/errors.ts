import { CtError } from '@ct/errors'

/** Codes of {@link NativeError}. */
export type NativeErrorCode =
  | 'NATIVE_NO_HELPER'
  | 'NATIVE_HELPER_LOST'
  | 'NATIVE_TREE_FAILED'
  | 'NATIVE_PATH_INVALID'
  | 'NATIVE_NETLINK_FAILED'

/** An error of the helper or its client; `cause` has the errno's code where the kernel refused something. */
export class NativeError extends CtError<NativeErrorCode> {}
