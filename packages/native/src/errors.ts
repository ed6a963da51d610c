import { CtError, type CtErrorOptions } from '@ct/errors'

/** Codes of {@link NativeError}. */
export type NativeErrorCode =
  | 'NATIVE_NO_HELPER'
  | 'NATIVE_HELPER_LOST'
  | 'NATIVE_LAUNCH_FAILED'
  | 'NATIVE_EXEC_FAILED'
  | 'NATIVE_CONTROL_FAILED'
  | 'NATIVE_SUPERVISOR_GONE'
  | 'NATIVE_RECORD_INVALID'
  | 'NATIVE_TREE_FAILED'
  | 'NATIVE_PATH_INVALID'
  | 'NATIVE_NETLINK_FAILED'
  | 'NATIVE_DEVICES_FAILED'

/** Options of {@link NativeError}. */
export interface NativeErrorOptions extends CtErrorOptions {
  /** Name of the errno that the kernel gave. */
  readonly errno?: string | undefined
  /** Which part of the launch failed. */
  readonly stage?: string | undefined
  /** The operation of the plan that failed, from 0. */
  readonly operationIndex?: number | undefined
}

/** A helper has ended, or was ended, before it said how it went. */
export function helperLost(verb: string, { end, cause }: { readonly end?: string; readonly cause?: unknown } = {}): NativeError {
  const how = end === undefined ? '' : ` (${end})`
  return new NativeError('NATIVE_HELPER_LOST', `ct-native ${verb} ended without a report${how}`, { kind: 'internal', cause })
}

/** An error of the helper or its client; `cause` has the errno's code where the kernel refused something. */
export class NativeError extends CtError<NativeErrorCode> {
  /** Name of the errno that the kernel gave, such as `ENOENT`. */
  readonly errno: string | undefined
  /** Which part of a launch failed, such as `cgroup` or `operation`. */
  readonly stage: string | undefined
  /** The operation of the plan that failed, from 0. */
  readonly operationIndex: number | undefined

  constructor(code: NativeErrorCode, message: string, options: NativeErrorOptions) {
    super(code, message, options)
    this.errno = options.errno
    this.stage = options.stage
    this.operationIndex = options.operationIndex
  }
}
