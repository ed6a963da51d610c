import { isCtError } from '@ct/errors'
import { EngineError, withDiskFull } from '../errors.ts'

/** Errors of the layers below in docker's words; what is already an engine error, or a network's, stays as it is. */
export function startFailure(error: unknown): Error {
  const mapped = withDiskFull(error)
  if (!(mapped instanceof Error)) return new Error(String(mapped))
  if (mapped instanceof EngineError || !isCtError(mapped)) return mapped
  if (!mapped.code.startsWith('RUNTIME_') && !mapped.code.startsWith('NATIVE_')) return mapped
  return new EngineError('ENGINE_START_FAILED', `failed to start container: ${mapped.message}`, {
    kind: mapped.kind === 'not-found' || mapped.kind === 'denied' ? 'invalid' : mapped.kind,
    hint: mapped.hint,
    cause: mapped,
  })
}

/** 127 for a program that is not there, 126 for one that cannot be executed, 128 for everything else, as docker says. */
export function exitCodeOf(message: string): number {
  if (/executable file not found|no such file or directory/i.test(message)) return 127
  return /permission denied|is a directory|exec format error/i.test(message) ? 126 : 128
}
