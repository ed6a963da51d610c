import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { helperPath } from '../src/index.ts'

const { EBADMSG, EINVAL, ENOTDIR, ENAMETOOLONG, EPIPE } = constants.errno
let base: string
let root: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'ct-stream-'))
  root = join(base, 'root')
  mkdirSync(root)
})

afterEach(() => {
  expect(readdirSync(base)).toEqual(['root'])
  rmSync(base, { recursive: true })
})

const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer)
const text = (value: string): Buffer => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(`${value}\0`)])
const operation = (code: number, ...fields: Buffer[]): Buffer => {
  const payload = Buffer.concat(fields)
  return Buffer.concat([u32(code), u32(payload.length), payload])
}
const message = (...operations: Buffer[]): Buffer => {
  const body = Buffer.concat(operations)
  return Buffer.concat([Buffer.from('CTN1'), u32(body.length), body])
}
const meta = Buffer.concat([u32(0o644), u32(0), u32(0), Buffer.of(0), u32(0)])
const size = (value: bigint): Buffer => Buffer.from(BigUint64Array.of(value).buffer)
const file = (path: string, content = ''): Buffer =>
  Buffer.concat([operation(2, text(path), meta, size(BigInt(content.length))), Buffer.from(content)])
const end = operation(0)

/** What the helper reports when these bytes are all it gets: 0 or an errno. */
async function apply(bytes: Uint8Array): Promise<number> {
  const child = spawn(helperPath(), ['apply'], { stdio: ['pipe', 'ignore', 'ignore', 'ignore', 'pipe'] })
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(bytes)
  const report = Buffer.concat(await (child.stdio[4] as Readable).toArray())
  expect(report.length).toBeGreaterThanOrEqual(16)
  return report.readInt32LE(8)
}

const stream = (...operations: Buffer[]): Buffer => Buffer.concat([message(operation(1, text(root))), ...operations])

describe('the stream of operations', () => {
  it('is refused wherever it is cut off', async () => {
    const whole = stream(operation(1, text('d'), meta), file('d/f', 'content'), operation(4, text('d/g'), text('d/f')), end)
    expect(await apply(whole)).toBe(0)
    expect(readdirSync(join(root, 'd'))).toEqual(['f', 'g'])
    const begun = message(operation(1, text(root))).length
    for (let cut = 0; cut < whole.length; cut += 3)
      expect(await apply(whole.subarray(0, cut)), `at ${cut}`).toBe(cut < begun ? EBADMSG : EPIPE)
  })

  const huge = u32(0xffff_ffff)
  it.each<[string, number, () => Buffer]>([
    ['another magic', EBADMSG, () => Buffer.from('CTN2\0\0\0\0')],
    ['a message of 4 GiB', EBADMSG, () => Buffer.concat([Buffer.from('CTN1'), huge])],
    ['no target', EBADMSG, () => message()],
    ['two targets', EBADMSG, () => message(operation(1, text(root)), operation(1, text(root)))],
    ['no mounts', EBADMSG, () => message(operation(2, u32(0)))],
    ['4 billion mounts', EBADMSG, () => message(operation(2, huge))],
    ['an unknown operation', EBADMSG, () => stream(operation(99, text('a')), end)],
    ['flags', EBADMSG, () => stream(operation(0x1_0006, text('a')), end)],
    ['an operation of 4 GiB', EBADMSG, () => stream(Buffer.concat([u32(6), huge]))],
    ['a path of 4 GiB', EBADMSG, () => stream(operation(6, huge, Buffer.from('a\0')), end)],
    ['a path without its NUL', EBADMSG, () => stream(operation(6, u32(1), Buffer.from('ab')), end)],
    ['a NUL in a path', EBADMSG, () => stream(operation(6, text('a\0b')), end)],
    ['bytes left over', EBADMSG, () => stream(operation(6, text('a'), Buffer.of(0)), end)],
    ['bytes left over at the end', EBADMSG, () => stream(operation(0, Buffer.of(0)))],
    ['a type of node that there is not', EBADMSG, () => stream(operation(5, text('a'), meta, Buffer.of(3), u32(0), u32(0)), end)],
    ['4 billion attributes', EBADMSG, () => stream(operation(8, text('.'), meta.subarray(0, 13), huge), end)],
    ['a file of 2^64 - 1 bytes', EPIPE, () => stream(operation(2, text('a'), meta, size(2n ** 64n - 1n)))],
    ['an empty path', EINVAL, () => stream(file(''), end)],
    ['an absolute path', EINVAL, () => stream(file(join(base, 'x')), end)],
    ['a path with ..', EINVAL, () => stream(file('../x'), end)],
    ['a link to a path with ..', EINVAL, () => stream(operation(4, text('a'), text('../x')), end)],
    ['a path below a file', ENOTDIR, () => stream(file('a'), file('a/b/c'), end)],
    ['a path of 8000 bytes', ENAMETOOLONG, () => stream(file('a/'.repeat(4000).concat('a')), end)],
    ['a removal of the root', EINVAL, () => stream(operation(6, text('.')), end)],
  ])('is refused with %s', async (_what, errno, bytes) => {
    expect(await apply(bytes())).toBe(errno)
  })
})
