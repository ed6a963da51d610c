import { expect, test } from 'vitest'
import { writeAttributes, writeMount } from '../src/mount.ts'
import type { Mount, MountAttributes } from '../src/plan.ts'
import { MessageWriter } from '../src/wire.ts'

/** Reads back what writeMount wrote, as c/mount.c does. */
function decode(mount: Mount) {
  const writer = new MessageWriter()
  writeMount(writer, mount)
  const bytes = Buffer.from(writer.finish())
  let at = 8
  const u32 = () => {
    at += 4
    return bytes.readUInt32LE(at - 4)
  }
  const text = () => {
    const size = u32()
    at += size + 1
    return bytes.toString('utf8', at - size - 1, at - 1)
  }
  const [type, source] = [text(), text()]
  const data = Array.from({ length: u32() }, text)
  text() // for mount(2), which has its own test
  return { type, source, data, recursive: bytes[at] === 1, set: bytes.readBigUInt64LE(at + 1), clear: bytes.readBigUInt64LE(at + 9) }
}

test.each([
  ['tmpfs', ['size=1m', 'nosuid', 'ro'], { type: 'tmpfs', data: ['size=1m'], recursive: false, set: 3n, clear: 0n }],
  ['bind', ['ro'], { type: '', data: [], recursive: false, set: 1n, clear: 0n }],
  ['none', ['rbind', 'rw', 'noexec'], { type: '', data: [], recursive: true, set: 8n, clear: 1n }],
  ['tmpfs', ['constructor', 'toString'], { type: 'tmpfs', data: ['constructor', 'toString'], recursive: false, set: 0n, clear: 0n }],
  ['tmpfs', ['ro', 'rw', 'defaults'], { type: 'tmpfs', data: [], recursive: false, set: 0n, clear: 1n }],
  ['tmpfs', ['noatime'], { type: 'tmpfs', data: [], recursive: false, set: 0x10n, clear: 0x70n }],
  [
    'overlay',
    ['lowerdir=/a:/b\\:c', 'upperdir=/u', 'index=off'],
    { type: 'overlay', data: ['lowerdir+=/a', 'lowerdir+=/b:c', 'upperdir=/u', 'index=off'], recursive: false, set: 0n, clear: 0n },
  ],
])('%s with %j is parted into attributes and data', (type, options, expected) => {
  expect(decode({ type, source: 's', options })).toEqual({ source: 's', ...expected })
})

test('a bind takes no data', () => {
  expect(() => decode({ type: 'bind', source: 's', options: ['size=1'] })).toThrow(TypeError)
})

test('access time modes are one field', () => {
  const bits = (attributes: MountAttributes) => {
    const writer = new MessageWriter()
    writeAttributes(writer, attributes)
    const bytes = Buffer.from(writer.finish())
    return [bytes.readBigUInt64LE(8), bytes.readBigUInt64LE(16), bytes[32]]
  }
  expect(bits({ set: ['strictatime'] })).toEqual([0x20n, 0x70n, 0])
  expect(bits({ clear: ['noatime', 'nodev'], recursive: true })).toEqual([0n, 0x74n, 1])
})
