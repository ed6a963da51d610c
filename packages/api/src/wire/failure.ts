/**
 * How a daemon says what went wrong: the body of an answer of 400 and more, and the `errorDetail` of the last message of a stream.
 * Docker's has the message only; clients of docker ignore the rest.
 */
export interface Failure {
  readonly message: string
  /** The code of the error, as `ENGINE_NO_IMAGE`. */
  readonly ctCode?: string | undefined
  /** What to do about it. */
  readonly hint?: string | undefined
}
