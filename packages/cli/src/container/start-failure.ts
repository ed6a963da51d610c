import { isCtError } from '@ct/errors'
import { CliError } from '../errors.ts'

/**
 * The exit status that docker's command line gives a failed `run`: 127 when the command was not found, 126 when it could
 * not be executed, 125 for anything else. Daemons tell them apart by words only.
 */
export function startExitCode(message: string): number {
  if (/executable file not found|no such file or directory|system cannot find the file/i.test(message) && !/mount/i.test(message))
    return 127
  if (/permission denied|is a directory|exec format error/i.test(message) && !/mount/i.test(message)) return 126
  return 125
}

/** Runs the steps of a `run`; what fails in them exits as docker's `run` would. */
export async function asRunFailure<T>(steps: () => Promise<T>): Promise<T> {
  try {
    return await steps()
  } catch (error) {
    if (!isCtError(error) || (error instanceof CliError && error.exitCode !== 1)) throw error
    const { message, kind, hint } = error
    throw new CliError('CLI_ENGINE_FAILED', message, { kind, hint, cause: error, exitCode: startExitCode(message) })
  }
}
