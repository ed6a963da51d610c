import { constants } from 'node:os'
import { EngineError } from '../errors.ts'

const REALTIME_MIN = 34
const REALTIME_MAX = 64

/** The number of a signal given as `SIGTERM`, `term`, `RTMIN+3` or `15`; `ENGINE_INVALID` when there is no such one. */
export function signalNumber(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : byName(text.toUpperCase().replace(/^SIG/, ''))
  if (number === undefined || number < 1 || number > REALTIME_MAX) {
    throw new EngineError('ENGINE_INVALID', `Invalid signal: ${text}`, { kind: 'invalid', hint: 'kill -l lists the names' })
  }
  return number
}

function byName(name: string): number | undefined {
  const realtime = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name)
  if (realtime === null) return (constants.signals as Readonly<Record<string, number>>)[`SIG${name}`]
  const offset = Number(`${realtime[2] ?? ''}${realtime[3] ?? '0'}`)
  return (realtime[1] === 'MIN' ? REALTIME_MIN : REALTIME_MAX) + offset
}
