import { describe, expect, it } from 'vitest'
import { binarySize, decimalSize, parseSize } from '../../src/format/size.ts'

describe('sizes', () => {
  it.each([
    [0, '0B', '0B'],
    [999, '999B', '999B'],
    [1000, '1kB', '1000B'],
    [1024, '1.02kB', '1KiB'],
    [77_800_000, '77.8MB', '74.2MiB'],
    [2_088_763_392, '2.09GB', '1.945GiB'],
  ])('%d bytes are %s and %s', (bytes, decimal, binary) => {
    expect(decimalSize(bytes)).toBe(decimal)
    expect(binarySize(bytes)).toBe(binary)
  })

  it.each([
    ['512', 512],
    ['64b', 64],
    ['64k', 65_536],
    ['1.5g', 1_610_612_736],
    ['10MB', 10_485_760],
    ['2GiB', 2_147_483_648],
    ['', undefined],
    ['-1', undefined],
    ['many', undefined],
    ['1x', undefined],
  ])('%s is %s bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })
})
