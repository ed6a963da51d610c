import { CtError, type CtErrorOptions, isCtError } from '@ct/errors'

/** What can go wrong in the command itself, before or beside what a daemon answers. */
export type CliErrorCode =
  | 'CLI_UNKNOWN_COMMAND'
  | 'CLI_UNKNOWN_FLAG'
  | 'CLI_BAD_FLAG'
  | 'CLI_BAD_ARGUMENTS'
  | 'CLI_BAD_TEMPLATE'
  | 'CLI_BAD_HOST'
  | 'CLI_BAD_CREDENTIALS'
  | 'CLI_NO_TTY'
  | 'CLI_NO_DAEMON'
  | 'CLI_NEEDS_ROOT'
  | 'CLI_ENGINE_FAILED'
  | 'CLI_REGISTRY_IN_USE'
  | 'CLI_PACK_NOT_FOUND'
  | 'CLI_PACK_BAD_ELF'
  | 'CLI_PACK_CHANGED'

/** The error of `@ct/cli`: a person's mistake or an answer of the daemon, never a bug of the command. */
export class CliError extends CtError<CliErrorCode> {
  /** The exit status of the command; 1 unless docker uses another (125 for a bad flag and for a `run` that could not start). */
  readonly exitCode: number

  constructor(code: CliErrorCode, message: string, { exitCode = 1, ...options }: CtErrorOptions & { readonly exitCode?: number }) {
    super(code, message, options)
    this.exitCode = exitCode
  }
}

/** Whether it is an error of the command: the program files of `ct` have a class of their own each, so the code tells. */
export function isCliError(error: unknown): error is CliError {
  return isCtError(error) && error.code.startsWith('CLI_')
}
