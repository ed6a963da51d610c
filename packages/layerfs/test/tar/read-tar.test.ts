import { describe, expect, it } from 'vitest'
import { readTar } from '../../src/tar/read-tar.ts'
import { archive, chunked, collect, END, entriesOf, file, header, padded, pax, type RawHeader } from './archive.ts'

const base256 = (value: bigint, length: number): Buffer => {
  const bytes = Buffer.from(
    BigInt.asUintN(length * 8, value)
      .toString(16)
      .padStart(length * 2, '0'),
    'hex',
  )
  bytes[0] = (bytes[0] ?? 0) | 0x80
  return bytes
}

describe('readTar', () => {
  it.each<[string, Partial<RawHeader>, object]>([
    ['a file', { type: '0', mode: '0004755' }, { type: 'file', mode: 0o4755 }],
    ['a file of the V7 format', { type: '\0', magic: '' }, { type: 'file' }],
    ['a contiguous file', { type: '7' }, { type: 'file' }],
    ['a directory', { type: '5', name: 'd/' }, { type: 'directory', path: 'd/' }],
    ['a V7 directory, a file with a slash at the end', { type: '\0', name: 'd/', magic: '' }, { type: 'directory' }],
    ['a symbolic link', { type: '2', link: '/target' }, { type: 'symlink', linkTarget: '/target' }],
    ['a hard link', { type: '1', link: 'a' }, { type: 'hard-link', linkTarget: 'a' }],
    ['a character device', { type: '3', major: '0000001', minor: '0000003' }, { type: 'char', major: 1, minor: 3 }],
    ['a block device', { type: '4', major: '0000007', minor: '0000001' }, { type: 'block', major: 7, minor: 1 }],
    ['a fifo', { type: '6' }, { type: 'fifo' }],
    ['a ustar prefix', { prefix: 'some/where' }, { path: 'some/where/name' }],
    [
      'a star prefix, which is shorter',
      { prefix: `${'p'.repeat(130)}\0junk`, patch: { 508: 'tar\0' } },
      { path: `${'p'.repeat(130)}/name` },
    ],
    ['no prefix in the GNU format', { magic: 'ustar  \0', prefix: '14712345670' }, { path: 'name' }],
    ['numbers with blanks around', { uid: '   1750 ', gid: '  17 \0' }, { uid: 0o1750, gid: 0o17 }],
    ['an owner above 2^21 in base-256', { uid: base256(3_000_000_000n, 8) }, { uid: 3_000_000_000 }],
    ['a negative time in base-256', { mtime: base256(-2n, 12) }, { mtimeNs: -2_000_000_000n }],
    ['a time', { mtime: '14712345670' }, { mtimeNs: BigInt(0o14712345670) * 1_000_000_000n }],
    ['a name of 100 bytes', { name: 'n'.repeat(100) }, { path: 'n'.repeat(100) }],
    ['a name that is not UTF-8', { name: Buffer.from([0x66, 0xff, 0xfe]) }, { path: 'f\xff\xfe' }],
    ['device numbers only of devices', { major: 'garbage', minor: 'garbage' }, { major: 0, minor: 0 }],
  ])('reads %s', async (_what, raw, expected) => {
    expect(await entriesOf(archive(header({ name: 'name', ...raw })))).toMatchObject([expected])
  })

  it('sums signed bytes, too, as old writers did', async () => {
    const block = header({ name: Buffer.from([0xe9, 0x61]) })
    const signed = Number.parseInt(block.toString('latin1', 148, 154), 8) - 256
    block.write(`${signed.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    expect(await entriesOf(archive(block))).toHaveLength(1)
  })

  it.each<[string, readonly (readonly [string, string | Buffer])[], object]>([
    ['a long path', [['path', 'p/p'.repeat(300)]], { path: 'p/p'.repeat(300) }],
    ['a path that is not UTF-8', [['path', Buffer.from([0x61, 0xc3, 0x28])]], { path: 'a\xc3\x28' }],
    [
      'owners',
      [
        ['uid', '4000000000'],
        ['gid', '5'],
      ],
      { uid: 4_000_000_000, gid: 5 },
    ],
    ['sub-second times', [['mtime', '1700000000.123456789']], { mtimeNs: 1_700_000_000_123_456_789n }],
    ['times before 1970', [['mtime', '-1.5']], { mtimeNs: -1_500_000_000n }],
    ['more digits than nanoseconds', [['mtime', '1.0000000009']], { mtimeNs: 1_000_000_000n }],
    ['binary attributes', [['SCHILY.xattr.user.x', Buffer.from([0, 10, 255])]], { xattrs: [['user.x', Buffer.from([0, 10, 255])]] }],
    ['an empty attribute', [['SCHILY.xattr.user.x', '']], { xattrs: [['user.x', Buffer.alloc(0)]] }],
    ['an attribute with an escaped =', [['SCHILY.xattr.user.a%3Db%25', 'v']], { xattrs: [['user.a=b%', Buffer.from('v')]] }],
    ['an empty value, which unsets', [['path', '']], { path: 'name' }],
    [
      'words nobody knows',
      [
        ['comment', 'x'],
        ['VENDOR.y', 'z'],
      ],
      { path: 'name' },
    ],
  ])('reads pax %s', async (_what, records, expected) => {
    expect(await entriesOf(archive(pax(records), file('name', 'abc')))).toMatchObject([{ ...expected, content: 'abc' }])
  })

  it('takes the size of a pax header over that of the block', async () => {
    expect(await entriesOf(archive(pax([['size', '3']]), file('name', 'abc', { size: 0 })))).toMatchObject([
      { sizeBytes: 3, content: 'abc' },
    ])
  })

  it('lets a pax header apply to one entry, a global one to all that follow, where it makes sense', async () => {
    const global = pax(
      [
        ['mtime', '7'],
        ['path', 'nonsense'],
        ['SCHILY.xattr.user.g', '1'],
      ],
      'g',
    )
    expect(await entriesOf(archive(global, pax([['mtime', '8']]), file('a'), file('b')))).toMatchObject([
      { path: 'a', mtimeNs: 8_000_000_000n, xattrs: [['user.g', Buffer.from('1')]] },
      { path: 'b', mtimeNs: 7_000_000_000n },
    ])
  })

  it('reads GNU long names and links; pax wins over them', async () => {
    const long = 'l'.repeat(600)
    const names = Buffer.concat([file('././@LongLink', `${long}\0`, { type: 'L' }), file('././@LongLink', `${long}2\0`, { type: 'K' })])
    const link = header({ name: 'short', type: '2', link: 'short' })
    expect(await entriesOf(archive(names, link, names, pax([['path', 'pax']]), link))).toMatchObject([
      { path: long, linkTarget: `${long}2` },
      { path: 'pax', linkTarget: `${long}2` },
    ])
  })

  it('leaves out volume labels, and the content of dump directories', async () => {
    const parts = [header({ name: 'label', type: 'V' }), file('dir/', 'Yfile\0', { type: 'D' }), file('a', 'x')]
    expect(await entriesOf(archive(...parts))).toMatchObject([
      { path: 'dir/', type: 'directory', content: '' },
      { path: 'a', content: 'x' },
    ])
  })

  const whole = archive(
    pax([['path', 'dir/file']]),
    file('x', 'a'.repeat(1000)),
    header({ name: 'd/', type: '5' }),
    file('y', 'b'.repeat(512)),
  )
  it.each([1, 7, 511, 512, 513, 1000])('reads the same from chunks of %i bytes', async (size) => {
    expect(await entriesOf(whole, size)).toEqual(await entriesOf(whole))
  })

  it('accepts an archive without its end, without its last padding, and with garbage after the end', async () => {
    const body = file('a', 'abc')
    for (const bytes of [
      body,
      body.subarray(0, 515),
      Buffer.concat([body, END.subarray(512)]),
      Buffer.concat([body, END, Buffer.from('garbage')]),
    ]) {
      expect(await entriesOf(bytes)).toMatchObject([{ path: 'a', content: 'abc' }])
    }
    expect(await entriesOf(Buffer.alloc(0))).toEqual([])
  })

  it('skips content that is not read, and ends it when the next entry was asked for', async () => {
    const seen: string[] = []
    let earlier: AsyncIterable<Uint8Array> | undefined
    for await (const { path, content } of readTar(chunked(archive(file('a', 'x'.repeat(5000)), file('b', 'y')), 100))) {
      seen.push(Buffer.from(path).toString())
      if (earlier !== undefined) expect(await collect(earlier)).toHaveLength(0)
      earlier = content
    }
    expect(seen).toEqual(['a', 'b'])
  })

  it('releases the body when the loop is left', async () => {
    let released = false
    async function* body(): AsyncGenerator<Uint8Array, void> {
      try {
        yield* chunked(whole, 100)
      } finally {
        released = true
      }
    }
    for await (const _entry of readTar(body())) break
    expect(released).toBe(true)
  })
})

describe('readTar with bad input', () => {
  it.each<[string, Buffer, string]>([
    ['a wrong checksum', header({ name: 'a', checksum: '0000001\0' }), 'TAR_CORRUPT'],
    ['a checksum that is no number', header({ name: 'a', checksum: 'zzzzzzzz' }), 'TAR_CORRUPT'],
    ['a size that is no number', header({ name: 'a', size: '00000000xyz' }), 'TAR_CORRUPT'],
    ['a negative size', header({ name: 'a', size: base256(-1n, 12) }), 'TAR_CORRUPT'],
    ['an absurd size', header({ name: 'a', size: base256(1n << 90n, 12) }), 'TAR_CORRUPT'],
    ['a negative owner', header({ name: 'a', uid: base256(-1n, 8) }), 'TAR_CORRUPT'],
    ['an owner that means "unchanged" to chown', header({ name: 'a', uid: base256(0xffffffffn, 8) }), 'TAR_CORRUPT'],
    ['an unknown type', header({ name: 'a', type: 'M' }), 'TAR_UNSUPPORTED'],
    ['an entry after a lone zero block', Buffer.concat([Buffer.alloc(512), header({ name: 'a' })]), 'TAR_CORRUPT'],
    ['a pax header above 1 MiB', header({ name: 'x', type: 'x', size: 1024 * 1024 + 1 }), 'TAR_HEADER_TOO_LARGE'],
    ['a long name above 1 MiB', header({ name: 'L', type: 'L', size: 2 ** 32 }), 'TAR_HEADER_TOO_LARGE'],
    ['a pax record longer than its header', file('x', '99 path=a\n', { type: 'x' }), 'TAR_CORRUPT'],
    ['a pax record without =', file('x', '8 path\n\n', { type: 'x' }), 'TAR_CORRUPT'],
    ['a pax record without a length', file('x', 'path=a\n', { type: 'x' }), 'TAR_CORRUPT'],
    ['a pax record of length 0', file('x', '0 path=a\n', { type: 'x' }), 'TAR_CORRUPT'],
    ['a pax record without its newline', file('x', '10 path=ab', { type: 'x' }), 'TAR_CORRUPT'],
    ['a pax size that is no number', Buffer.concat([pax([['size', '-3']]), file('a')]), 'TAR_CORRUPT'],
    ['a pax time that is no number', Buffer.concat([pax([['mtime', 'now']]), file('a')]), 'TAR_CORRUPT'],
    ['a NUL in a pax path', Buffer.concat([pax([['path', 'a\0b']]), file('a')]), 'TAR_CORRUPT'],
    ['garbage', Buffer.from('not a tar archive at all, really'.repeat(40)), 'TAR_CORRUPT'],
    ['a header without its entry', pax([['path', 'a']]), 'TAR_TRUNCATED'],
    ['half a header', header({ name: 'a' }).subarray(0, 300), 'TAR_TRUNCATED'],
    ['half of the content', file('a', 'x'.repeat(1000)).subarray(0, 1000), 'TAR_TRUNCATED'],
  ])('refuses %s', async (_what, bytes, code) => {
    await expect(entriesOf(bytes)).rejects.toMatchObject({ code })
    await expect(entriesOf(bytes, 100)).rejects.toMatchObject({ code })
  })

  it('notices every truncation that does not fall between two entries', async () => {
    const parts = [pax([['path', 'dir/file']]), file('x', 'a'.repeat(1000)), file('y', 'b'.repeat(700))]
    const bytes = archive(...parts)
    const sound = new Set([0, 1024 + 512 + 1024, 1024 + 512 + 1024 + 512 + 1024])
    for (let at = 0; at < sound.size + bytes.length - 1024; at += 512) {
      if (sound.has(at)) continue
      await expect(entriesOf(bytes.subarray(0, at)), `cut at ${at}`).rejects.toMatchObject({ code: 'TAR_TRUNCATED' })
    }
  })
})

describe('readTar with sparse files', () => {
  const expected = `abc${'\0'.repeat(997)}def${'\0'.repeat(97)}`
  const fragments = [
    [0, 3],
    [1000, 3],
  ] as const
  const oldMap = Buffer.concat(
    fragments.flatMap(([at, size]) => [at, size].map((n) => Buffer.from(`${n.toString(8).padStart(11, '0')}\0`))),
  )
  const oldHeader = (patch: Record<number, string | Buffer>): Buffer =>
    header({ name: 'sparse', type: 'S', size: 6, magic: 'ustar  \0', patch: { 483: (1100).toString(8).padStart(11, '0'), ...patch } })

  it.each<[string, Buffer[]]>([
    ['GNU old', [oldHeader({ 386: oldMap }), padded('abcdef')]],
    [
      'GNU old with a continuation',
      [
        oldHeader({ 386: oldMap.subarray(0, 24), 482: '\x01' }),
        padded(Buffer.concat([oldMap.subarray(24), Buffer.alloc(480)])),
        padded('abcdef'),
      ],
    ],
    [
      'GNU 0.0',
      [
        pax([
          ['GNU.sparse.size', '1100'],
          ['GNU.sparse.numblocks', '2'],
          ['GNU.sparse.offset', '0'],
          ['GNU.sparse.numbytes', '3'],
          ['GNU.sparse.offset', '1000'],
          ['GNU.sparse.numbytes', '3'],
        ]),
        file('sparse', 'abcdef'),
      ],
    ],
    [
      'GNU 0.1',
      [
        pax([
          ['GNU.sparse.size', '1100'],
          ['GNU.sparse.name', 'sparse'],
          ['GNU.sparse.map', '0,3,1000,3'],
        ]),
        file('GNUSparseFile.0/sparse', 'abcdef'),
      ],
    ],
    [
      'GNU 1.0',
      [
        pax([
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.minor', '0'],
          ['GNU.sparse.name', 'sparse'],
          ['GNU.sparse.realsize', '1100'],
        ]),
        file('GNUSparseFile.0/sparse', Buffer.concat([padded('2\n0\n3\n1000\n3\n'), Buffer.from('abcdef')])),
      ],
    ],
  ])('fills the holes of the format %s', async (_format, parts) => {
    for (const size of [1, 512, 100_000]) {
      const [entry, after] = await entriesOf(archive(...parts, file('after')), size)
      expect(entry).toMatchObject({ path: 'sparse', sizeBytes: 1100, content: expected })
      expect(after?.path).toBe('after')
    }
  })

  it('reads a file that is nothing but a hole', async () => {
    const [entry] = await entriesOf(
      archive(
        pax([
          ['GNU.sparse.size', '3'],
          ['GNU.sparse.map', ''],
        ]),
        file('hole'),
      ),
    )
    expect(entry).toMatchObject({ sizeBytes: 3, content: '\0\0\0' })
  })

  it.each<[string, Buffer[]]>([
    [
      'overlapping fragments',
      [
        pax([
          ['GNU.sparse.size', '9'],
          ['GNU.sparse.map', '0,3,2,3'],
        ]),
        file('a', 'abcdef'),
      ],
    ],
    [
      'a map beyond the size',
      [
        pax([
          ['GNU.sparse.size', '5'],
          ['GNU.sparse.map', '0,6'],
        ]),
        file('a', 'abcdef'),
      ],
    ],
    [
      'a map that is not all of the content',
      [
        pax([
          ['GNU.sparse.size', '9'],
          ['GNU.sparse.map', '0,3'],
        ]),
        file('a', 'abcdef'),
      ],
    ],
    [
      'an odd map',
      [
        pax([
          ['GNU.sparse.size', '9'],
          ['GNU.sparse.map', '0,3,4'],
        ]),
        file('a', 'abc'),
      ],
    ],
    [
      'an unordered map',
      [
        pax([
          ['GNU.sparse.size', '9'],
          ['GNU.sparse.numbytes', '3'],
        ]),
        file('a', 'abc'),
      ],
    ],
    [
      'an unknown version',
      [
        pax([
          ['GNU.sparse.major', '2'],
          ['GNU.sparse.realsize', '9'],
        ]),
        file('a', 'abc'),
      ],
    ],
    [
      'a prologue without a count',
      [
        pax([
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.realsize', '9'],
        ]),
        file('a', 'x'.repeat(512)),
      ],
    ],
    [
      'a prologue that never ends',
      [
        pax([
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.realsize', '9'],
        ]),
        file('a', `900000\n${'1\n'.repeat(800_000)}`),
      ],
    ],
    [
      'a prologue longer than the content',
      [
        pax([
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.realsize', '9'],
        ]),
        file('a', '9\n1\n'),
        file('b', 'x'.repeat(600)),
      ],
    ],
  ])('refuses %s', async (_what, parts) => {
    await expect(entriesOf(archive(...parts))).rejects.toMatchObject({ code: expect.stringMatching(/^TAR_(CORRUPT|HEADER_TOO_LARGE)$/) })
  })
})
