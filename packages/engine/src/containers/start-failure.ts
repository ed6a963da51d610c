import { isCtError } from '@ct/errors'
import { NativeError } from '@ct/native'
import { EngineError, withDiskFull } from '../errors.ts'

/**
 * What is thrown when a container or exec does not start: errors of the layers below as `ENGINE_START_FAILED`, in the
 * words that clients know; what is already an engine error, or a network's, as it is.
 */
export function startFailure(error: unknown, { what, program }: { readonly what: string; readonly program: string }): Error {
  const mapped = withDiskFull(error)
  if (!(mapped instanceof Error)) return new Error(String(mapped))
  if (mapped instanceof EngineError || !isCtError(mapped)) return mapped
  if (!mapped.code.startsWith('RUNTIME_') && !mapped.code.startsWith('NATIVE_')) return mapped
  return new EngineError('ENGINE_START_FAILED', `${what}: ${wordsOf(mapped, program)}`, {
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

/** The runtime words a failed exec itself where it executes; of a process that was held, only the supervisor knows. */
function wordsOf(error: Error, program: string): string {
  if (!(error instanceof NativeError) || error.code !== 'NATIVE_EXEC_FAILED') return error.message
  const name = `exec: ${JSON.stringify(program)}:`
  if (error.kind === 'not-found')
    return `${name} ${program.includes('/') ? `stat ${program}: no such file or directory` : 'executable file not found in $PATH'}`
  return `${name} ${error.kind === 'denied' ? 'permission denied' : error.errno === 'ENOEXEC' ? 'exec format error' : error.message}`
}
