import { UsageError } from './parse-flags.ts'

const DURATION_UNITS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const SIZE_UNITS = ['', 'k', 'm', 'g', 't', 'p']

/** A duration as Go reads it (`1m30s`, `500ms`) in milliseconds; undefined when it is not given. */
export function durationMs(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)]
  const sum = parts.reduce((total, [, number, unit]) => total + Number(number) * (DURATION_UNITS[unit ?? ''] ?? 0), 0)
  if (parts.map(([part]) => part).join('') !== text || sum <= 0) throw invalid(name, text, 'a duration such as 5s')
  return sum
}

/** A whole number; undefined when it is not given. */
export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  if (!/^-?\d{1,20}$/.test(text)) throw invalid(name, text, 'a whole number')
  return Number(text)
}

/** A size in bytes, also as `512m`, `1.5GiB` or `-1`; undefined when it is not given. */
export function sizeBytes(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  if (text === '-1') return -1
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])(?:i?b)?|b)?$/i.exec(text) ?? []
  if (number === undefined) throw invalid(name, text, 'a size such as 512m')
  return Math.floor(Number(number) * 1024 ** SIZE_UNITS.indexOf(unit.toLowerCase()))
}

function invalid(name: string, text: string, expected: string): UsageError {
  return new UsageError(`invalid value ${JSON.stringify(text)} for --${name}: must be ${expected}`)
}
