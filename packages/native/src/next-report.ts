import type { Readable } from 'node:stream'
import { hasErrno } from '@ct/errors'
import { helperLost } from './errors.ts'
import { parseReport, REPORT_BYTES, type Report } from './report.ts'

/** Takes the next report of a stream; what follows stays in it. Throws `NATIVE_HELPER_LOST` when the stream ends before. */
export function nextReport(stream: Readable, verb: string): Promise<Report> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      stream.off('readable', read).off('error', fail).off('close', fail)
      action()
    }
    const fail = (cause?: unknown): void => settle(() => reject(lostError(verb, cause)))
    const read = (): void => {
      const bytes: Buffer | null = stream.read(REPORT_BYTES)
      const report = bytes === null ? undefined : parseReport(bytes)
      if (report !== undefined) settle(() => resolve(report))
      else if (bytes !== null) fail()
    }
    if (stream.destroyed) return fail(stream.errored)
    stream.on('readable', read).on('error', fail).on('close', fail)
    read()
  })
}

/** One that could not be started says so itself; one that was ended may have left something unread. */
function lostError(verb: string, cause: unknown): Error {
  if (cause instanceof Error && !hasErrno(cause, 'ECONNRESET', 'EPIPE')) return cause
  return helperLost(verb, { cause })
}
