import type { Failure } from './failure.ts'

/**
 * One line of a pull, push or load. A line with `error` ends the stream; the client throws it.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Image/operation/ImageCreate
 */
export interface ProgressMessage {
  /** The layer (12 characters) or the tag that the line is about. */
  readonly id?: string
  readonly status?: string
  /** What is transferred, in bytes. */
  readonly progressDetail?: { current?: number; total?: number }
  /** The bar that docker draws for it. */
  readonly progress?: string
  /** Plain output, with its line ends. */
  readonly stream?: string
  readonly aux?: unknown
  readonly error?: string
  readonly errorDetail?: Failure
}
