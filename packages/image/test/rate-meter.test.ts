import { expect, it } from 'vitest'
import { RateMeter } from '../src/rate-meter.ts'

it('tells how fast a total grew lately', () => {
  const meter = new RateMeter(5_000, 0)
  expect(meter.measure(5_000, 0)).toBe(0)
  expect(meter.measure(5_100, 100)).toBe(1_000)
  expect(meter.measure(6_000, 1_000)).toBe(1_000)
  // Ten times as fast from here on: what was before is soon forgotten.
  expect(meter.measure(11_000, 1_500)).toBe(4_000)
  expect(meter.measure(16_000, 2_000)).toBe(10_000)
  expect(meter.measure(21_000, 2_500)).toBe(10_000)
})
