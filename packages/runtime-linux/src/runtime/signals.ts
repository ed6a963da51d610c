import { constants } from 'node:os'
import { hasErrno } from '@ct/errors'
import { RuntimeError } from '../errors.ts'

/** Number of the signal that nobody can catch. */
export const SIGKILL = 9

const MAXIMUM_SIGNAL = 64

/**
 * The number of a signal given by number or name, with or without `SIG`, real-time ones as `SIGRTMIN+n`.
 * @throws RuntimeError RUNTIME_BAD_SIGNAL.
 */
export function signalNumber(signal: number | string): number {
  const word = String(signal).toUpperCase()
  const number = /^\d+$/.test(word) ? Number(word) : namedSignal(word.startsWith('SIG') ? word : `SIG${word}`)
  if (number === undefined || number < 0 || number > MAXIMUM_SIGNAL) {
    throw new RuntimeError('RUNTIME_BAD_SIGNAL', `unknown signal ${JSON.stringify(signal)}`, { kind: 'invalid' })
  }
  return number
}

/** Sends a signal; a process that has ended is no error. */
export function sendSignal(pid: number, signal: number): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}

function namedSignal(name: string): number | undefined {
  const realTime = /^SIGRT(MIN|MAX)([+-]\d+)?$/.exec(name)
  if (realTime !== null) return (realTime[1] === 'MIN' ? 34 : 64) + Number(realTime[2] ?? 0)
  return (constants.signals as Readonly<Record<string, number>>)[name]
}
