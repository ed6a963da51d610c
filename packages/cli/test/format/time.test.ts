import { describe, expect, it } from 'vitest'
import { goTime, humanDuration, parseDuration, parseTime } from '../../src/format/time.ts'

const SECOND = 1000
const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('times', () => {
  it.each([
    [0, 'Less than a second'],
    [SECOND, '1 second'],
    [59 * SECOND, '59 seconds'],
    [60 * SECOND, 'About a minute'],
    [119 * SECOND, 'About a minute'],
    [3 * 60 * SECOND, '3 minutes'],
    [HOUR, 'About an hour'],
    [2 * HOUR, '2 hours'],
    [47 * HOUR, '47 hours'],
    [3 * DAY, '3 days'],
    [20 * DAY, '2 weeks'],
    [70 * DAY, '2 months'],
    [800 * DAY, '2 years'],
  ])('%d ms are %s', (milliseconds, words) => {
    expect(humanDuration(milliseconds)).toBe(words)
  })

  it('prints a date as Go does', () => {
    expect(goTime(new Date('2026-01-31T12:00:00Z'))).toBe('2026-01-31 12:00:00 +0000 UTC')
  })

  it.each([
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1.5s', 1500],
    ['10', undefined],
    ['soon', undefined],
  ])('the span %s is %s ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  it.each([
    ['1700000000.5', '1700000000.5'],
    ['2023-11-14T22:13:20Z', '1700000000.000000000'],
    ['2023-11-14T22:13:20', '1700000000.000000000'],
    ['2023-11-14T23:13:20+01:00', '1700000000.000000000'],
    ['10s', '1700000090.000000000'],
    ['yesterday', undefined],
  ])('the time %s is %s', (text, seconds) => {
    expect(parseTime(text, 1_700_000_100_000)).toBe(seconds)
  })
})
