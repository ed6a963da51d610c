/**
 * What a program may want to do about an error, whatever package it came from. Each kind maps to one HTTP status
 * (in `@ct/api`) and one exit status (in `@ct/cli`).
 */
export type ErrorKind =
  | 'invalid' // the caller's input is wrong
  | 'not-found'
  | 'conflict' // the thing's present state does not allow it
  | 'not-modified' // already so
  | 'unauthorized' // who are you
  | 'denied' // not you
  | 'unsupported' // this machine, or this version, cannot
  | 'unavailable' // a peer cannot be reached or does not answer now; trying later may help
  | 'exhausted' // a limit was reached: disk, memory, a bound on input
  | 'corrupt' // stored or received bytes are not what they should be
  | 'internal' // a bug, or a kernel answer nobody expected

/** Options of {@link CtError}. */
export interface CtErrorOptions {
  readonly kind: ErrorKind
  /** One sentence that tells a person what to do. */
  readonly hint?: string | undefined
  readonly cause?: unknown
}

const brand = Symbol.for('ct.error')

/**
 * The base of every error that a `@ct` package throws on purpose. The message names the path, reference or id at
 * fault; `code` is a literal of the form `AREA_REASON` and never changes its meaning.
 */
export class CtError<Code extends string = string> extends Error {
  readonly code: Code
  readonly kind: ErrorKind
  readonly hint: string | undefined
  readonly [brand] = true

  constructor(code: Code, message: string, { kind, hint, cause }: CtErrorOptions) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
    this.kind = kind
    this.hint = hint
  }
}

/** Whether a value is a {@link CtError}, also one made by another copy of this package. */
export function isCtError(value: unknown): value is CtError {
  return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true
}
