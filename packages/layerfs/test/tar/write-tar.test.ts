import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TarEntryType, TarHeader } from '../../src/tar/tar-header.ts'
import { type TarInput, writeTar } from '../../src/tar/write-tar.ts'
import { collect, entriesOf } from './archive.ts'

const plain: TarHeader = {
  path: Buffer.from('name'),
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  sizeBytes: 0,
  mtimeNs: 0n,
  major: 0,
  minor: 0,
  xattrs: [],
}

const write = (...entries: readonly TarInput[]): Promise<Buffer> => collect(writeTar(entries))

describe('writeTar', () => {
  it('needs one block for what ustar can say, and two at the end', async () => {
    expect(await write({ ...plain, mtimeNs: 5_000_000_000n })).toHaveLength(512 + 1024)
  })

  it.each<[string, Partial<TarHeader>, number]>([
    ['a path that fits into name and prefix', { path: Buffer.from(`${'d'.repeat(150)}/${'n'.repeat(100)}`) }, 1],
    ['a path that does not', { path: Buffer.from(`d/${'n'.repeat(101)}`) }, 3],
    ['nanoseconds', { mtimeNs: 1_500_000_001n }, 3],
    ['a time before 1970', { mtimeNs: -1_500_000_000n }, 3],
    ['an owner above 2^21', { uid: 2 ** 21, gid: 2 ** 32 - 2 }, 3],
    ['an attribute with = and binary value', { xattrs: [['user.a=%b', Buffer.from([0, 255, 10])]] }, 3],
    ['a long link', { type: 'symlink', linkTarget: Buffer.from('t'.repeat(101)) }, 3],
    ['a name that is not UTF-8', { path: Buffer.from([0x66, 0xff]) }, 1],
  ])('keeps %s', async (_what, fields, blocks) => {
    const bytes = await write({ ...plain, ...fields })
    const [entry] = await entriesOf(bytes)
    const { path, linkTarget, ...rest } = { ...plain, ...fields }
    expect(entry).toMatchObject({ ...rest, path: Buffer.from(path).toString('latin1') })
    if (linkTarget !== undefined) expect(entry?.linkTarget).toBe(Buffer.from(linkTarget).toString('latin1'))
    expect(bytes).toHaveLength(blocks * 512 + 1024)
  })

  it('writes sizes above 8 GiB as a pax record', async () => {
    const first = await writeTar([{ ...plain, sizeBytes: 2 ** 33, content: bigContent() }]).next()
    expect(Buffer.from(first.value as Uint8Array).toString('latin1', 512, 540)).toContain('size=8589934592')
  })

  it('puts a slash after directories', async () => {
    expect((await entriesOf(await write({ ...plain, type: 'directory', path: Buffer.from('d') })))[0]?.path).toBe('d/')
  })

  it.each([
    ['too short', [Buffer.from('ab')]],
    ['too long', [Buffer.from('abcd')]],
    ['missing', undefined],
  ])('fails when the content is %s', async (_what, content) => {
    await expect(write({ ...plain, sizeBytes: 3, content })).rejects.toMatchObject({ code: 'TAR_CONTENT_SIZE' })
  })

  it('reads back whatever it wrote', async () => {
    const name = fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .map((bytes) => bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x78 : byte)))
    const path = fc
      .array(name, { minLength: 1, maxLength: 8 })
      .map((parts) => Buffer.concat(parts.flatMap((part) => [Buffer.from('/'), part])).subarray(1))
    const header = fc.record({
      path,
      type: fc.constantFrom<TarEntryType>('file', 'directory', 'symlink', 'hard-link', 'char', 'block', 'fifo'),
      mode: fc.nat(0o7777),
      uid: fc.nat(0xfffffffe),
      gid: fc.nat(0xfffffffe),
      mtimeNs: fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
      linkTarget: path,
      content: fc.uint8Array({ maxLength: 1500 }),
      xattrs: fc.uniqueArray(
        fc.tuple(
          fc.string({ minLength: 1 }).map((text) => `user.${text.replaceAll('\0', '')}`),
          fc.uint8Array(),
        ),
        { selector: ([key]) => key },
      ),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(header, { maxLength: 5 }), async (headers) => {
        const inputs = headers.map((fields) => ({
          ...plain,
          ...fields,
          sizeBytes: fields.type === 'file' ? fields.content.length : 0,
          content: [fields.content],
        }))
        const entries = await entriesOf(await write(...inputs), 700)
        expect(entries).toHaveLength(inputs.length)
        for (const [i, { path, type, mode, uid, gid, mtimeNs, content, xattrs, linkTarget }] of inputs.entries()) {
          const text = Buffer.from(path).toString('latin1')
          expect(entries[i]).toMatchObject({ path: type === 'directory' ? `${text}/` : text, type, mode, uid, gid, mtimeNs })
          expect(entries[i]?.content).toBe(type === 'file' ? Buffer.from(content[0] as Uint8Array).toString('latin1') : '')
          expect(new Map(entries[i]?.xattrs)).toEqual(new Map(xattrs.map(([key, value]) => [key, Buffer.from(value)])))
          if (type === 'symlink' || type === 'hard-link') expect(entries[i]?.linkTarget).toBe(Buffer.from(linkTarget).toString('latin1'))
        }
      }),
      { numRuns: 200 },
    )
  })
})

function* bigContent(): Generator<Uint8Array, void> {
  for (;;) yield Buffer.alloc(512 * 1024)
}
