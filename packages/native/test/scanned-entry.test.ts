import { expect, it } from 'vitest'
import { NativeError } from '../src/index.ts'
import { decodeEntry } from '../src/scanned-entry.ts'
import { MessageWriter } from '../src/wire.ts'

/** A record as the helper writes it: the payload of an operation of the same form. */
function record(): Buffer {
  const writer = new MessageWriter().operation(1).bytes(Buffer.from('a/b')).u32(0o100644).u32(1).u32(2).u64(3n)
  writer.i64(1_600_000_000n).u32(5).u32(0).u32(0).u64(6n).u64(7n).u32(1).string('')
  writer.u32(1).string('user.x').bytes(Buffer.from('value'))
  return Buffer.from(writer.finish().subarray(16))
}

it('an entry is what its record says', () => {
  expect(decodeEntry(record())).toMatchObject({
    path: Buffer.from('a/b'),
    type: 'file',
    mode: 0o644,
    sizeBytes: 3,
    mtimeNs: 1_600_000_000_000_000_005n,
    xattrs: [['user.x', Buffer.from('value')]],
  })
})

it('a record that is cut off anywhere, or counts what is not there, is a typed error', () => {
  const whole = record()
  for (let size = 0; size < whole.length; size += 1) {
    expect(() => decodeEntry(whole.subarray(0, size)), `${size}`).toThrow(NativeError)
  }
  whole.writeUInt32LE(0xffffffff, whole.length - 6 - 4 - 7 - 4 - 4)
  expect(() => decodeEntry(whole)).toThrow(expect.objectContaining({ code: 'NATIVE_TREE_FAILED', errno: 'EBADMSG' }))
})
