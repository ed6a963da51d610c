import { gzipSync } from 'node:zlib'
import { isCtError } from '@ct/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unpackTar } from '../../src/archive/unpack-tar.ts'
import { ImageError } from '../../src/index.ts'
import { body, bytesOf } from '../../src/testing/index.ts'
import { makeTar } from './make-tar.ts'

const longName = `${'a'.repeat(150)}/${'é'.repeat(60)}/layer.tar`
const files = { [longName]: Buffer.alloc(5000, 'x'), 'manifest.json': '[]', link: { linkTo: `${'y'.repeat(200)}` }, empty: '' }

async function entriesOf(archive: AsyncIterable<Uint8Array>): Promise<readonly (readonly [string, string, string, string])[]> {
  const entries: (readonly [string, string, string, string])[] = []
  for await (const { name, type, linkName, body: content } of unpackTar(archive)) {
    entries.push([name, type, linkName, (await bytesOf(content)).toString()])
  }
  return entries
}

const expected = [
  [longName, 'file', '', 'x'.repeat(5000)],
  ['manifest.json', 'file', '', '[]'],
  ['link', 'symlink', 'y'.repeat(200), ''],
  ['empty', 'file', '', ''],
]

/** A header by hand: name, type flag, octal size. */
function header(name: string, flag: string, size: string | Buffer): Buffer {
  const block = Buffer.alloc(512)
  block.write(name, 0)
  block.write('0000644\u00000000000\u00000000000\u0000', 100, 'latin1')
  if (typeof size === 'string') block.write(size, 124)
  else block.set(size, 124)
  block.write('00000000000\u0000        ', 136, 'latin1')
  block.write(flag, 156, 'latin1')
  block.write('ustar\u000000', 257, 'latin1')
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  )
  return block
}

function padded(text: string): Buffer {
  return Buffer.concat([Buffer.from(text), Buffer.alloc((512 - (Buffer.byteLength(text) % 512)) % 512)])
}

const end = Buffer.alloc(1024)

describe('an archive', () => {
  it.each([
    ['plain', (tar: Buffer) => tar],
    ['gzipped', gzipSync],
  ])('that is %s has the same entries however it is cut into chunks', async (_how, pack) => {
    const archive = pack(await makeTar(files))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2000 }), async (size) => {
        expect(await entriesOf(body(archive, size))).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })

  it('that is cut short or damaged anywhere is read or refused, and never hangs', async () => {
    const archives = [await makeTar(files), gzipSync(await makeTar(files))]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...archives),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.tuple(fc.nat(20_000), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
        fc.integer({ min: 1, max: 1500 }),
        async (archive, length, changes, chunkSize) => {
          const bytes = Buffer.from(archive.subarray(0, Math.ceil(archive.byteLength * length)))
          for (const [at, byte] of changes) if (at < bytes.byteLength) bytes[at] = byte
          const outcome = await entriesOf(body(bytes, chunkSize)).catch((error: unknown) => error)
          if (!Array.isArray(outcome)) expect(isCtError(outcome) && outcome.code).toBe('IMAGE_BAD_ARCHIVE')
        },
      ),
      { numRuns: 300 },
    )
  })

  it('may have a pax header without records', async () => {
    const archive = [header('PaxHeader', 'x', '00000000000'), header('a', '0', '00000000005'), padded('hello'), end]
    expect(await entriesOf(body(Buffer.concat(archive)))).toEqual([['a', 'file', '', 'hello']])
  })

  it.each([
    ['long names of GNU', header('././@LongLink', 'L', '00000000006'), '["long",'],
    ['a size in base 256', header('a', '0', Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5])), '["a",'],
    ['a header of the V7 format', header('a', '\0', '5'), '["a",'],
  ])('may have %s', async (what, first, start) => {
    const rest = what.startsWith('long') ? [padded('long\0x'), header('short', '0', '00000000005')] : []
    const entries = await entriesOf(body(Buffer.concat([first, ...rest, padded('hello'), end]), 100))
    expect(JSON.stringify(entries[0])).toContain(start)
    expect(entries[0]?.[3]).toBe('hello')
  })

  it('may have a pax size, which bodiless entries ignore', async () => {
    const pax = '18 size=1234567890\n'
    const link = [header('PaxHeader', 'x', '00000000022'), padded(pax.slice(0, 18)), header('l', '2', '00000000777')]
    await expect(entriesOf(body(Buffer.concat([...link, end])))).rejects.toThrow('pax record')
    const sized = [header('PaxHeader', 'x', '00000000011'), padded('9 size=5\n'), header('a', '0', '0'), padded('hello'), end]
    expect(await entriesOf(body(Buffer.concat(sized)))).toEqual([['a', 'file', '', 'hello']])
    const bodiless = [header('PaxHeader', 'x', '00000000011'), padded('9 size=5\n'), header('l', '2', '7'), header('a', '0', '0'), end]
    expect((await entriesOf(body(Buffer.concat(bodiless)))).map(([name]) => name)).toEqual(['l', 'a'])
  })

  it.each([
    ['an extended header that would fill the memory', header('PaxHeader', 'x', '77777777777')],
    ['a size beyond all bounds', header('a', '0', Buffer.from([0x80, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]))],
    ['a negative size', header('a', '0', Buffer.alloc(12, 255))],
    ['a size that is no number', header('a', '0', '9z')],
    ['a wrong checksum', header('a', '0', '0').fill('b', 0, 1)],
    ['a pax size that is none', Buffer.concat([header('P', 'x', '11'), padded('9 size=-\n'), header('a', '0', '0')])],
  ])('with %s is refused', async (_what, bytes) => {
    await expect(entriesOf(body(bytes))).rejects.toMatchObject({ code: 'IMAGE_BAD_ARCHIVE', kind: 'corrupt' })
  })

  it('lets go of its source when it is left, fails, or cannot be decompressed', async () => {
    let released = 0
    const source = async function* (bytes: Buffer) {
      try {
        for (;;) yield bytes
      } finally {
        released++
      }
    }
    for await (const _ of unpackTar(source(await makeTar(files)))) break
    await expect(entriesOf(source(Buffer.alloc(512, 'x')))).rejects.toThrow(ImageError)
    await expect(entriesOf(source(Buffer.from('fd377a585a00', 'hex')))).rejects.toThrow('compressed with xz')
    expect(released).toBe(3)
  })

  it('skips what is left unread of a body', async () => {
    const names: string[] = []
    for await (const { name, body: content } of unpackTar(body(await makeTar(files), 100))) {
      names.push(name)
      for await (const _ of content) break
    }
    expect(names).toEqual(Object.keys(files))
  })
})
