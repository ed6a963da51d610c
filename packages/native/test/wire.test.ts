import { expect, test } from 'vitest'
import { MessageWriter } from '../src/wire.ts'

test('a message has a header, and operations with their lengths', () => {
  const message = new MessageWriter().operation(7).u8(1).u16(2).operation(8).string('é').finish()
  expect(Buffer.from(message).toString('hex')).toBe(
    ['43544e31', '1a000000', '0700', '0000', '03000000', '01', '0200', '0800', '0000', '07000000', '02000000', 'c3a9', '00'].join(''),
  )
})

test('fields keep their value when the buffer grows', () => {
  const writer = new MessageWriter(8)
    .operation(1)
    .u64(1n << 63n)
    .i64(-1n)
    .i32(-2)
    .boolean(true)
    .strings(['a', ''])
    .bytes(Buffer.from([0, 1]))
  const bytes = Buffer.from(writer.list([5, 6], (item) => writer.u32(item)).finish()).subarray(16)
  expect(bytes.toString('hex')).toBe(
    [
      '0000000000000080',
      'ffffffffffffffff',
      'feffffff',
      '01',
      '02000000',
      '010000006100',
      '0000000000',
      '02000000000100',
      '02000000',
      '05000000',
      '06000000',
    ].join(''),
  )
})

test('a string with a NUL is a mistake', () => {
  expect(() => new MessageWriter().string('a\0b')).toThrow(TypeError)
})
