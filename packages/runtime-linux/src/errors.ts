import { CtError, type CtErrorOptions } from '@ct/errors'

/** The codes of {@link RuntimeError}; the README's table says what each one means. */
export type RuntimeErrorCode =
  | 'RUNTIME_BAD_BUNDLE'
  | 'RUNTIME_BAD_ID'
  | 'RUNTIME_BAD_MOUNT'
  | 'RUNTIME_BAD_SIGNAL'
  | 'RUNTIME_BAD_SPEC'
  | 'RUNTIME_BAD_STATE'
  | 'RUNTIME_CGROUP_FAILED'
  | 'RUNTIME_EXEC_DENIED'
  | 'RUNTIME_EXEC_FAILED'
  | 'RUNTIME_EXEC_NOT_FOUND'
  | 'RUNTIME_HOOK_FAILED'
  | 'RUNTIME_ID_IN_USE'
  | 'RUNTIME_NO_CONTAINER'
  | 'RUNTIME_NO_USER'
  | 'RUNTIME_SETUP_FAILED'
  | 'RUNTIME_UNSUPPORTED'
  | 'RUNTIME_WRONG_STATUS'

/** What this package throws on purpose. */
export class RuntimeError extends CtError<RuntimeErrorCode> {
  constructor(code: RuntimeErrorCode, message: string, options: CtErrorOptions) {
    super(code, message, options)
  }
}
