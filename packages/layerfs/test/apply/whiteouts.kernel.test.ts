import { scanTree } from '@ct/native'
import { describe, expect, it } from 'vitest'
import { inheritDirectories } from '../../src/unpack/inherit-directories.ts'
import { apply, overlayOf, scratch, treeOf } from '../scratch.ts'
import { archive, file, header } from '../tar/archive.ts'

const { sub } = scratch()
const dir = (name: string, mode = '0000755'): Buffer => header({ name, type: '5', mode })
const symlink = (name: string, link: string): Buffer => header({ name, type: '2', link, mode: '0000777' })
const hardLink = (name: string, link: string): Buffer => header({ name, type: '1', link })
const wh = (name: string): Buffer => file(name)

const lower = archive(
  dir('./'),
  dir('d/'),
  file('d/a', 'lower a'),
  file('d/b', 'lower b'),
  dir('d/sub/'),
  file('d/sub/x', 'lower x'),
  file('f', 'lower f'),
  symlink('link', 'd'),
  dir('other/', '0000700'),
  file('other/o', 'o'),
)

/** Upper layers, and what must be left of the names in the lower one, and come with the upper. */
const cases: readonly (readonly [string, readonly Buffer[], readonly string[]])[] = [
  ['nothing', [], ['d', 'd/a', 'd/b', 'd/sub', 'd/sub/x', 'f', 'link', 'other', 'other/o']],
  ['a whiteout of a file', [dir('d/'), wh('d/.wh.a')], ['d', 'd/b', 'd/sub', 'd/sub/x', 'f', 'link', 'other', 'other/o']],
  ['a whiteout of a directory', [wh('.wh.d')], ['f', 'link', 'other', 'other/o']],
  ['a whiteout of what is not there', [wh('.wh.nothing')], ['d', 'd/a', 'd/b', 'd/sub', 'd/sub/x', 'f', 'link', 'other', 'other/o']],
  ['a device 0:0, which is a whiteout', [header({ name: 'd', type: '3', major: '0', minor: '0' })], ['f', 'link', 'other', 'other/o']],
  [
    'whiteout, then a file in its place',
    [wh('.wh.f'), file('f', 'new')],
    ['d', 'd/a', 'd/b', 'd/sub', 'd/sub/x', 'f', 'link', 'other', 'other/o'],
  ],
  ['a file, then its whiteout', [file('f', 'new'), wh('.wh.f')], ['d', 'd/a', 'd/b', 'd/sub', 'd/sub/x', 'f', 'link', 'other', 'other/o']],
  ['whiteout, then a directory in its place', [wh('.wh.d'), dir('d/'), file('d/n', 'n')], ['d', 'd/n', 'f', 'link', 'other', 'other/o']],
  ['a directory, then its whiteout', [dir('d/'), file('d/n', 'n'), wh('.wh.d')], ['d', 'd/n', 'f', 'link', 'other', 'other/o']],
  ['whiteout, then an entry below it', [wh('.wh.d'), file('d/n', 'n')], ['d', 'd/n', 'f', 'link', 'other', 'other/o']],
  ['whiteout, then a file in place of a directory', [wh('.wh.d'), file('d', 'n')], ['d', 'f', 'link', 'other', 'other/o']],
  ['opaque, then entries', [dir('d/'), wh('d/.wh..wh..opq'), file('d/n', 'n')], ['d', 'd/n', 'f', 'link', 'other', 'other/o']],
  ['entries, then opaque', [dir('d/'), file('d/n', 'n'), wh('d/.wh..wh..opq')], ['d', 'd/n', 'f', 'link', 'other', 'other/o']],
  ['opaque before its directory', [wh('d/.wh..wh..opq'), dir('d/'), file('d/a', 'n')], ['d', 'd/a', 'f', 'link', 'other', 'other/o']],
  [
    'opaque in the middle',
    [dir('d/'), file('d/n', 'n'), wh('d/.wh..wh..opq'), dir('d/sub/'), file('d/sub/n', 'n')],
    ['d', 'd/n', 'd/sub', 'd/sub/n', 'f', 'link', 'other', 'other/o'],
  ],
  [
    'opaque, last, deep',
    [dir('d/'), dir('d/sub/'), file('d/sub/n', 'n'), wh('d/.wh..wh..opq')],
    ['d', 'd/sub', 'd/sub/n', 'f', 'link', 'other', 'other/o'],
  ],
  ['opaque and a whiteout in it', [dir('d/'), wh('d/.wh..wh..opq'), wh('d/.wh.a')], ['d', 'f', 'link', 'other', 'other/o']],
  [
    'a directory over a file',
    [dir('f/'), file('f/n', 'n')],
    ['d', 'd/a', 'd/b', 'd/sub', 'd/sub/x', 'f', 'f/n', 'link', 'other', 'other/o'],
  ],
  ['a file over a directory', [file('d', 'n')], ['d', 'f', 'link', 'other', 'other/o']],
  ['a link over a directory, a directory over a link', [symlink('d', 'other'), dir('link/')], ['d', 'f', 'link', 'other', 'other/o']],
  [
    'file, directory and file again',
    [dir('f/'), file('f/n', 'n'), file('f', 'last')],
    ['d', 'd/a', 'd/b', 'd/sub', 'd/sub/x', 'f', 'link', 'other', 'other/o'],
  ],
  [
    'a file in place of a directory, then a directory again',
    [file('d', 'x'), dir('d/'), file('d/n', 'n')],
    ['d', 'd/n', 'f', 'link', 'other', 'other/o'],
  ],
  ['an opaque directory that becomes a file', [dir('d/'), wh('d/.wh..wh..opq'), file('d', 'n')], ['d', 'f', 'link', 'other', 'other/o']],
  [
    'duplicates, of which the last wins',
    [file('n', '1'), file('n', '22'), dir('d/', '0000700'), dir('d/', '0000750')],
    ['d', 'd/a', 'd/b', 'd/sub', 'd/sub/x', 'f', 'link', 'n', 'other', 'other/o'],
  ],
  [
    'a hard link in the layer, whose first name is overwritten',
    [file('n', '1'), hardLink('m', 'n'), file('n', '2')],
    ['d', 'd/a', 'd/b', 'd/sub', 'd/sub/x', 'f', 'link', 'm', 'n', 'other', 'other/o'],
  ],
  [
    'a hard link to a symbolic link, to itself, and again',
    [symlink('s', 'f'), hardLink('t', 's'), hardLink('t', 't'), hardLink('t', 's')],
    ['d', 'd/a', 'd/b', 'd/sub', 'd/sub/x', 'f', 'link', 'other', 'other/o', 's', 't'],
  ],
  [
    'names with dots and slashes',
    [dir('./d//'), file('/d/./n', 'n'), file('d/sub/../m', 'm'), dir('/')],
    ['d', 'd/a', 'd/b', 'd/m', 'd/n', 'd/sub', 'd/sub/x', 'f', 'link', 'other', 'other/o'],
  ],
  [
    "AUFS' own names",
    [dir('.wh..wh.plnk/'), file('.wh..wh.plnk/1.2', 'x'), file('.wh..wh.aufs', 'x'), file('d/.wh..wh.orph', 'x')],
    ['d', 'd/a', 'd/b', 'd/sub', 'd/sub/x', 'f', 'link', 'other', 'other/o'],
  ],
  ['a whiteout in a hidden directory', [wh('.wh.d'), wh('d/.wh.a')], ['f', 'link', 'other', 'other/o']],
  [
    'a name that is not UTF-8, hidden and new',
    [file(Buffer.from([0xff]).toString('latin1'), 'x'), wh('.wh.f')],
    ['d', 'd/a', 'd/b', 'd/sub', 'd/sub/x', 'link', 'other', 'other/o', '\xff'],
  ],
]

describe('whiteouts', () => {
  it.each(cases)('%s: the same by removal as by an overlay mount', async (_what, upper, expected) => {
    const flat = sub()
    await apply(lower, flat)
    await apply(archive(dir('./'), ...upper), flat)
    const [bottom, top] = [sub(), sub()]
    await apply(lower, bottom, 'overlay')
    await apply(archive(dir('./'), ...upper), top, 'overlay')
    const [removed, merged] = [await treeOf({ path: flat }), await treeOf(overlayOf(top, bottom))]
    expect(
      Object.keys(removed)
        .filter((path) => path !== '.')
        .sort(),
    ).toEqual([...expected].sort())
    const implied = /^(d|d\/sub|other)$/
    for (const path of Object.keys(removed)) if (!implied.test(path)) expect(`${path} ${merged[path]}`).toBe(`${path} ${removed[path]}`)
    expect(Object.keys(merged)).toEqual(Object.keys(removed))
  })

  const below = archive(dir('./'), dir('p/', '0000700'), dir('p/q/', '0000711'), file('p/q/old', 'old'), file('p/old', 'old'))
  it.each<[string, readonly Buffer[], string, string | undefined]>([
    ['a whiteout before them', [wh('.wh.p'), file('p/q/n', 'n')], '755', '755'],
    ['a whiteout after them', [file('p/q/n', 'n'), wh('.wh.p')], '755', '755'],
    ['a whiteout after some', [file('p/q/n', 'n'), wh('.wh.p'), file('p/q/r/m', 'm')], '755', '755'],
    ['an opaque marker before them', [wh('p/.wh..wh..opq'), file('p/q/n', 'n')], '700', '755'],
    ['an opaque marker after them', [file('p/q/n', 'n'), wh('p/.wh..wh..opq')], '700', '755'],
    ['a whiteout below, after them', [file('p/q/n', 'n'), wh('p/.wh.q')], '700', '755'],
    ['a whiteout and a directory', [file('p/q/n', 'n'), wh('.wh.p'), dir('p/', '0000750')], '750', '755'],
    ['a whiteout and a link in its place', [wh('.wh.p'), dir('o/'), symlink('p', 'o')], '777', undefined],
    ['none', [file('p/q/n', 'n')], '700', '711'],
  ])('give directories that entries only imply the metadata of the lower ones unless these are hidden: %s', async (_what, upper, p, q) => {
    const [flat, bottom, top] = [sub(), sub(), sub()]
    await apply(below, flat)
    await apply(archive(dir('./'), ...upper), flat)
    await apply(below, bottom, 'overlay')
    const { impliedDirectories } = await apply(archive(dir('./'), ...upper), top, 'overlay')
    await inheritDirectories(top, [bottom], impliedDirectories)
    const [removed, merged] = [await treeOf({ path: flat }), await treeOf(overlayOf(top, bottom))]
    expect(merged).toEqual(removed)
    expect([removed.p, removed['p/q']].map((line) => line?.split(' ')[1])).toEqual([p, q])
  })

  it('keeps them in the way of overlayfs', async () => {
    const top = sub()
    await apply(archive(dir('d/'), wh('d/.wh..wh..opq'), wh('.wh.f')), top, 'overlay')
    const found: string[] = []
    for await (const { path, type, major, minor, xattrs } of scanTree({ path: top })) {
      found.push(`${path} ${type} ${major}:${minor} ${xattrs.map(([name, value]) => `${name}=${Buffer.from(value)}`)}`)
    }
    expect(found.slice(1)).toEqual(['d directory 0:0 trusted.overlay.opaque=y', 'f char 0:0 '])
  })

  it.each(['.wh.', '.wh..', '.wh...', 'd/.wh..', '.wh.x/y', '.wh../x', '.wh.d/.wh.x'])('refuses %j', async (name) => {
    for (const mode of ['remove', 'overlay'] as const) {
      const target = sub()
      await apply(lower, target)
      await expect(apply(archive(file(name)), target, mode)).rejects.toMatchObject({ code: 'LAYERFS_WHITEOUT_INVALID' })
      expect((await treeOf({ path: target }))['d/a']).toContain('file')
    }
  })

  it.each([
    ['a hard link to a file of a lower layer', [hardLink('g', 'f')]],
    ['an entry below a link', [symlink('l', 'd'), file('l/n', 'n')]],
    ['an opaque root', [wh('.wh..wh..opq')]],
  ])('says when a layer is not self-contained: %s', async (_what, parts) => {
    await expect(apply(archive(...parts), sub(), 'overlay')).rejects.toMatchObject({ code: 'LAYERFS_NOT_SELF_CONTAINED' })
    const flat = sub()
    await apply(lower, flat)
    await apply(archive(...parts), flat)
  })

  it('tells which directories a layer only implies', async () => {
    const { impliedDirectories } = await apply(archive(dir('a/'), file('a/b/c/d', 'x'), wh('e/.wh.f'), file('b', 'x')), sub(), 'overlay')
    expect(impliedDirectories.map((path) => Buffer.from(path).toString()).sort()).toEqual(['.', 'a/b', 'a/b/c', 'e'])
  })
})
