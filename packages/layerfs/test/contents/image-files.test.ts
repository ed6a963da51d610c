import { gzipSync } from 'node:zlib'
import { digestOf, MEDIA_TYPES, MemoryStore } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { readImageFiles } from '../../src/index.ts'
import { file, header } from '../tar/archive.ts'

const end = Buffer.alloc(1024)
const directory = (name: string) => header({ name: `${name}/`, type: '5', mode: '0000755' })
const symlink = (name: string, link: string) => header({ name, type: '2', link })
const hardLink = (name: string, link: string) => header({ name, type: '1', link })

/** An image whose layers, lowest first, have the entries given. */
async function imageOf(...layers: readonly (readonly Buffer[])[]) {
  const store = new MemoryStore()
  const made = []
  for (const entries of layers) {
    const tar = Buffer.concat([...entries, end])
    const bytes = gzipSync(tar)
    const descriptor = { mediaType: MEDIA_TYPES.ociLayerGzip, digest: digestOf(bytes), size: bytes.length }
    await using ingest = await store.openIngest()
    await ingest.write(bytes)
    await ingest.commit()
    made.push({ descriptor, diffId: digestOf(tar) })
  }
  return readImageFiles(store, { layers: made })
}

const text = async (files: Awaited<ReturnType<typeof imageOf>>, path: string): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of files.read(path)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
const origins = ({ visible }: Awaited<ReturnType<typeof imageOf>>) =>
  visible.filter(({ type }) => type !== 'directory').map(({ path, layer }) => `${path} ${layer}`)

describe('the files of an image', () => {
  it('come from the uppermost layer that has them', async () => {
    const files = await imageOf(
      [directory('etc'), file('etc/a', 'old'), file('etc/b', 'kept')],
      [file('etc/a', 'new!')],
      [file('etc/c', 'more')],
    )
    expect(origins(files)).toEqual(['etc/a 1', 'etc/b 0', 'etc/c 2'])
    expect(files.hidden).toMatchObject([{ path: 'etc/a', layer: 0, hiddenBy: 1, sizeBytes: 3 }])
    expect([await text(files, '/etc/a'), await text(files, 'etc/b')]).toEqual(['new!', 'kept'])
  })

  it.each<[string, readonly Buffer[], readonly string[]]>([
    ['a whiteout hides', [file('d/.wh.a')], ['d/b 0', 'd/sub/c 0']],
    ['the whiteout of a directory hides all of it', [file('.wh.d')], []],
    ['an opaque directory hides what was below', [file('d/x', '1'), file('d/.wh..wh..opq')], ['d/x 1']],
    ['a whiteout spares what its own layer brings', [file('d/a', 'again'), file('d/.wh.a')], ['d/a 1', 'd/b 0', 'd/sub/c 0']],
    ['a file takes the place of a directory', [file('d', 'file')], ['d 1']],
    ['a directory over a directory keeps the children', [directory('d')], ['d/a 0', 'd/b 0', 'd/sub/c 0']],
    ['a device 0:0 is a whiteout', [header({ name: 'd/a', type: '3', major: '0000000', minor: '0000000' })], ['d/b 0', 'd/sub/c 0']],
    ['what AUFS left is nothing', [file('.wh..wh.plnk/x', 'x')], ['d/a 0', 'd/b 0', 'd/sub/c 0']],
  ])('%s', async (_, upper, expected) => {
    const files = await imageOf([file('d/a', '1'), file('d/b', '22'), file('d/sub/c', '333')], upper)
    expect(origins(files)).toEqual(expected)
  })

  it('are where the links of the layers below lead', async () => {
    const files = await imageOf(
      [file('usr/bin/sh', 'old'), symlink('bin', 'usr/bin')],
      [file('bin/sh', 'new'), file('bin/more', 'x')],
      [file('bin/.wh.more')],
    )
    expect(origins(files)).toEqual(['bin 0', 'usr/bin/sh 1'])
    expect(await text(files, 'usr/bin/sh')).toBe('new')
  })

  it('waste what is hidden', async () => {
    const files = await imageOf([file('a', '12345'), file('b', '1')], [file('.wh.a'), file('b', '1')], [file('b', '22')])
    expect(files.wastedBytes).toBe(5 + 1 + 1)
  })

  it('are read through the links of the image, never out of it', async () => {
    const files = await imageOf(
      [directory('usr'), file('usr/bin/sh', 'shell'), symlink('bin', 'usr/bin'), symlink('up', '../../../usr/bin/sh')],
      [hardLink('usr/bin/ash', 'usr/bin/sh'), symlink('abs', '/bin/ash'), symlink('loop', 'loop')],
    )
    for (const path of ['bin/sh', '/bin/ash', 'abs', 'up', './usr//bin/../bin/sh']) expect(await text(files, path)).toBe('shell')
    expect(files.find('bin/ash')).toMatchObject({ type: 'file', linkedTo: 'usr/bin/sh', layer: 1, sizeBytes: 0 })
    expect(files.find('abs')).toMatchObject({ type: 'symlink', linkTarget: '/bin/ash' })
    for (const path of ['loop', 'usr', 'nothing', '../../etc/passwd'])
      await expect(text(files, path)).rejects.toMatchObject({ code: 'LAYERFS_NO_FILE' })
  })

  it('are exact in bytes when their names are not UTF-8', async () => {
    const files = await imageOf([file(Buffer.from([0x66, 0xff]) as unknown as string, 'x')])
    expect(files.visible.map(({ pathBytes }) => [...pathBytes])).toEqual([[0x66, 0xff]])
  })

  it('of a hostile layer are refused', async () => {
    await expect(imageOf([file('../out', 'x')])).rejects.toMatchObject({ code: 'LAYERFS_PATH_ESCAPES' })
    await expect(imageOf([file('a/.wh.', 'x')])).rejects.toMatchObject({ code: 'LAYERFS_WHITEOUT_INVALID' })
  })
})
