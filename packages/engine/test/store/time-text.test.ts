import { describe, expect, it } from 'vitest'
import { nowNs, parseTimeText, timeTextOf } from '../../src/store/time-text.ts'

describe('times', () => {
  it.each([
    ['2024-02-29T12:00:00.123456789Z', 1_709_208_000_123_456_789n],
    ['1970-01-01T00:00:00.000000000Z', 0n],
  ])('%s is read and written without loss', (text, ns) => {
    expect(parseTimeText(text)).toBe(ns)
    expect(timeTextOf(ns)).toBe(text)
  })

  it.each([
    ['2024-01-01T00:00:00Z', 1_704_067_200_000_000_000n],
    ['2024-01-01T02:00:00.5+02:00', 1_704_067_200_500_000_000n],
    ['yesterday', undefined],
    ['2024-13-01T00:00:00Z', undefined],
  ])('reads %s', (text, ns) => {
    expect(parseTimeText(text)).toBe(ns)
  })

  it('goes forward on every call', () => {
    const times = Array.from({ length: 100 }, nowNs)
    expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? time))).toBe(true)
  })
})
