import { isCtError } from '@ct/errors'
import type { Failure } from '../wire/failure.ts'

/** What a client is told of an error. */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  return isCtError(error) ? { message, ctCode: error.code, hint: error.hint } : { message }
}
