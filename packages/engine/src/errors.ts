import { CtError, hasErrno } from '@ct/errors'

/** What goes wrong in the engine. */
export type EngineErrorCode =
  | 'ENGINE_ALREADY_PAUSED'
  | 'ENGINE_ALREADY_RUNNING'
  | 'ENGINE_BAD_MOUNT'
  | 'ENGINE_BAD_RECORD'
  | 'ENGINE_CLOSED'
  | 'ENGINE_DISK_FULL'
  | 'ENGINE_EXEC_STARTED'
  | 'ENGINE_IMAGE_IN_USE'
  | 'ENGINE_INVALID'
  | 'ENGINE_IS_RUNNING'
  | 'ENGINE_LOCKED'
  | 'ENGINE_NAME_IN_USE'
  | 'ENGINE_NOT_PAUSED'
  | 'ENGINE_NOT_RUNNING'
  | 'ENGINE_NO_CONTAINER'
  | 'ENGINE_NO_EXEC'
  | 'ENGINE_NO_IMAGE'
  | 'ENGINE_NO_NETWORK'
  | 'ENGINE_NO_VOLUME'
  | 'ENGINE_PAUSED'
  | 'ENGINE_START_FAILED'
  | 'ENGINE_UNSUPPORTED'
  | 'ENGINE_VOLUME_IN_USE'
  | 'ENGINE_WRONG_PLATFORM'

/** Thrown by everything in `@ct/engine`. Messages are worded as dockerd words them where clients match on them. */
export class EngineError extends CtError<EngineErrorCode> {}

/** `ENGINE_INVALID`: the caller's input is wrong. */
export function invalid(message: string, hint?: string): EngineError {
  return new EngineError('ENGINE_INVALID', message, { kind: 'invalid', hint })
}

/** The same error, or `ENGINE_DISK_FULL` (exhausted) when it or one of its causes says that there is no space left. */
export function withDiskFull(error: unknown): unknown {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (hasErrno(at, 'ENOSPC', 'EDQUOT')) {
      if (at instanceof EngineError) return error
      return new EngineError('ENGINE_DISK_FULL', `no space left on device: ${error instanceof Error ? error.message : String(error)}`, {
        kind: 'exhausted',
        hint: 'remove images, containers or volumes that are not needed, or give the state directory more space',
        cause: error,
      })
    }
  }
  return error
}
