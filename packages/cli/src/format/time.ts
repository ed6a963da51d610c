const MINUTE = 60
const HOUR = 3600
const DAY = 24

/** A span of time in docker's words: `Less than a second`, `About an hour`, `3 weeks`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  if (seconds < 1) return 'Less than a second'
  if (seconds === 1) return '1 second'
  if (seconds < MINUTE) return `${seconds} seconds`
  const minutes = Math.floor(seconds / MINUTE)
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  const hours = Math.round(seconds / HOUR)
  if (hours === 1) return 'About an hour'
  if (hours < 2 * DAY) return `${hours} hours`
  if (hours < 14 * DAY) return `${Math.floor(hours / DAY)} days`
  if (hours < 60 * DAY) return `${Math.floor(hours / DAY / 7)} weeks`
  if (hours < 730 * DAY) return `${Math.floor(hours / DAY / 30)} months`
  return `${Math.floor(hours / DAY / 365)} years`
}

/** `2026-01-31 12:00:00 +0000 UTC`, as docker prints the time of a creation. */
export function goTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`
}

/**
 * A point in time as the API takes it, in seconds since 1970 with a fraction, from RFC 3339, unix seconds or a span that
 * lies back (`10m`, `1h30m`); `undefined` if it is none of these.
 */
export function parseTime(text: string, nowMs: number = Date.now()): string | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return text
  const span = parseDuration(text)
  const milliseconds = span === undefined ? Date.parse(/[zZ]$|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`) : nowMs - span
  return Number.isNaN(milliseconds) ? undefined : (milliseconds / 1000).toFixed(9)
}

/** Milliseconds of a span in Go's writing, `1h30m`, `500ms`; `undefined` if it is not one. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined
  const units: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  return Array.from(text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)).reduce(
    (sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ''] ?? 0),
    0,
  )
}
