import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { draftOf, OciLayout, readImage, writeImage } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { applyLayer, decompress, packLayer } from '../../src/index.ts'
import { scratch, treeOf } from '../scratch.ts'
import { archive, chunked, collect, file, header, padded } from '../tar/archive.ts'

const { sub } = scratch()

/** What a layer with a table of contents has in front of its contents, and after them, are files or frames like others. */
describe('a layer made to be read in parts unpacks as an ordinary one', () => {
  it('in the format zstd:chunked, as skopeo writes it', async () => {
    const [tree, layouts] = [sub(), sub()]
    mkdirSync(join(tree, 'etc'))
    writeFileSync(join(tree, 'etc/motd'), 'hello')
    writeFileSync(join(tree, 'large'), Buffer.alloc(3_000_000, 'large '))
    const plain = await OciLayout.open(join(layouts, 'plain'))
    const layer = await packLayer({ path: tree }, plain, { compression: 'none' })
    const config = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers' as const, diff_ids: [layer.diffId] } }
    await plain.tag(await writeImage(plain, { config, layers: [layer], annotations: {}, format: 'oci' }), 'x')
    const [from, to] = [`oci:${join(layouts, 'plain')}:x`, `oci:${join(layouts, 'chunked')}:x`]
    execFileSync('skopeo', ['copy', '--quiet', '--insecure-policy', '--dest-compress-format', 'zstd:chunked', '--dest-compress', from, to])
    const chunkedLayout = await OciLayout.open(join(layouts, 'chunked'))
    const [chunkedLayer] = draftOf(await readImage(chunkedLayout, await chunkedLayout.resolve('x'))).layers
    expect(Object.keys(chunkedLayer?.descriptor.annotations ?? {}).join()).toContain('zstd-chunked')
    const unpacked = sub()
    const body = chunkedLayout.fetch(chunkedLayer?.descriptor ?? expect.fail('no layer'))
    await applyLayer(decompress(body), { path: unpacked }, { expectedDiffId: layer.diffId })
    const [{ '.': _, ...found }, { '.': __, ...made }] = [await treeOf({ path: unpacked }), await treeOf({ path: tree })]
    expect(found).toEqual(made)
  })

  it('in the format eStargz: a gzip member for each entry, a table of contents, and a footer that points to it', async () => {
    const parts = [
      header({ name: 'etc/', type: '5', mode: '0000755' }),
      file('etc/motd', 'hello'),
      file('large', Buffer.alloc(100_000, 'x')),
    ]
    const contents = file('stargz.index.json', JSON.stringify({ version: 1, entries: [{ name: 'etc/motd', type: 'reg', size: 5 }] }))
    const members = parts.map((part) => gzipSync(part))
    const tableAt = members.reduce((sum, { length }) => sum + length, 0)
    const layer = Buffer.concat([...members, gzipSync(padded(Buffer.concat([contents, Buffer.alloc(1024)]))), footer(tableAt)])
    const tar = archive(...parts, contents)
    expect((await collect(decompress(chunked(layer, 777)))).equals(tar)).toBe(true)
    const [unpacked, ordinary] = [sub(), sub()]
    await applyLayer(decompress(chunked(layer, 777)), { path: unpacked })
    await applyLayer(chunked(tar), { path: ordinary })
    expect(await treeOf({ path: unpacked })).toEqual(await treeOf({ path: ordinary }))
    expect(execFileSync('tar', ['-tz'], { input: layer }).toString()).toContain('etc/motd')
  })
})

/** An empty gzip member whose extra field says where the table of contents begins. */
function footer(tableAt: number): Buffer {
  const extra = Buffer.from(`SG\u0016\u0000${tableAt.toString(16).padStart(16, '0')}STARGZ`, 'latin1')
  const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, extra.length, 0])
  return Buffer.concat([head, extra, Buffer.from([1, 0, 0, 255, 255]), Buffer.alloc(8)])
}
