import { CtError } from '@ct/errors'

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
