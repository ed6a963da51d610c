import { parseTimeText } from '../store/time-text.ts'
import type { LogLine } from './log-line.ts'

/** Reads one line of a json-file log; undefined when it is none, as after a full disk cut one off. */
export function parseLogLine(text: string): LogLine | undefined {
  let value: { readonly log?: unknown; readonly stream?: unknown; readonly time?: unknown }
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  const { log, stream, time } = value ?? {}
  if (typeof log !== 'string' || typeof time !== 'string' || (stream !== 'stdout' && stream !== 'stderr')) return undefined
  const timeNs = parseTimeText(time)
  return timeNs === undefined ? undefined : { stream, timeNs, timeText: time, line: Buffer.from(log) }
}
