/** How docker writes a time that has not come. */
export const ZERO_TIME = '0001-01-01T00:00:00Z'

/** Whole seconds since 1970 of an RFC 3339 time. */
export function unixSeconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000)
}

/** Nanoseconds since 1970 of docker's `seconds.fraction`; `undefined` for nothing and for 0, which is docker's "always". */
export function nanoseconds(time: string | undefined): bigint | undefined {
  if (time === undefined) return undefined
  const [seconds = '0', fraction = ''] = time.split('.')
  const value = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9))
  return value === 0n ? undefined : value
}

const UNITS: readonly (readonly [below: number, divisor: number, word: string])[] = [
  [60, 1, 'seconds'],
  [60 * 60, 60, 'minutes'],
  [48 * 3600, 3600, 'hours'],
  [14 * 86_400, 86_400, 'days'],
  [60 * 86_400, 7 * 86_400, 'weeks'],
  [730 * 86_400, 30 * 86_400, 'months'],
  [Number.POSITIVE_INFINITY, 365 * 86_400, 'years'],
]

/** How long something took, in docker's words: `Less than a second`, `About a minute`, `3 days`. */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000)
  if (seconds < 1) return 'Less than a second'
  if (seconds === 1) return '1 second'
  if (seconds >= 60 && seconds < 120) return 'About a minute'
  if (seconds >= 3600 && Math.round(seconds / 3600) === 1) return 'About an hour'
  const [, divisor, word] = UNITS.find(([below]) => seconds < below) ?? [0, 1, 'seconds']
  return `${word === 'hours' ? Math.round(seconds / divisor) : Math.trunc(seconds / divisor)} ${word}`
}
