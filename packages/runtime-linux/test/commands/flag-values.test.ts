import { describe, expect, it } from 'vitest'
import { durationMs, sizeBytes, wholeNumber } from '../../src/commands/flag-values.ts'

describe('values of flags', () => {
  const sizes: [text: string | undefined, bytes: number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['-1', -1],
    ['4096', 4096],
    ['512k', 512 * 1024],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['64 MB', 64 * 2 ** 20],
    ['2b', 2],
  ]
  it.each(sizes)('the size %j is %j', (text, bytes) => {
    expect(sizeBytes('memory', text)).toBe(bytes)
  })

  it.each([
    ['5s', 5000],
    ['1m30s', 90_000],
    ['250ms', 250],
    ['1.5h', 5_400_000],
  ])('the duration %s is %i ms', (text, expected) => {
    expect(durationMs('interval', text)).toBe(expected)
  })

  it('whole numbers may be negative', () => {
    expect(wholeNumber('cpu-quota', '-1')).toBe(-1)
    expect(wholeNumber('cpu-quota', undefined)).toBeUndefined()
  })

  const wrong: [read: () => unknown, message: string][] = [
    [() => sizeBytes('memory', '12q'), 'invalid value "12q" for --memory'],
    [() => sizeBytes('memory', '-5'), 'invalid value "-5" for --memory'],
    [() => durationMs('interval', '0s'), 'invalid value "0s" for --interval'],
    [() => durationMs('interval', 's5'), 'invalid value "s5" for --interval'],
    [() => wholeNumber('cpu-share', '1e3'), 'invalid value "1e3" for --cpu-share'],
  ]
  it.each(wrong)('%o', (read, message) => {
    expect(read).toThrow(message)
  })
})
