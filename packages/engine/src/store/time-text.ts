/** The time that means "not yet" in records. */
export const ZERO_TIME = '0001-01-01T00:00:00Z'

let last = 0n

/** Now, in nanoseconds since 1970; later on every call. */
export function nowNs(): bigint {
  const now = BigInt(Date.now()) * 1_000_000n
  last = now > last ? now : last + 1n
  return last
}

/** Now, as RFC 3339 with nine digits of a second. */
export function nowText(): string {
  return timeTextOf(nowNs())
}

/** Nanoseconds since 1970 as RFC 3339 in UTC with nine digits of a second. */
export function timeTextOf(timeNs: bigint): string {
  const seconds = timeNs / 1_000_000_000n
  const fraction = (timeNs % 1_000_000_000n).toString().padStart(9, '0')
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction}Z`
}

/** RFC 3339 as nanoseconds since 1970; undefined when it is not such a time. */
export function parseTimeText(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text)
  if (match === null) return undefined
  const milliseconds = Date.parse(`${match[1] ?? ''}${match[3] ?? ''}`)
  if (Number.isNaN(milliseconds)) return undefined
  return BigInt(milliseconds) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'))
}
