import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { appendLayer, digestOf, emptyDraft, MEDIA_TYPES, MemoryStore, readImage, writeImage } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { applyLayer, decompress, flattenImage, packLayer, readImageFiles } from '../../src/index.ts'
import { scratch, treeOf } from '../scratch.ts'
import { file, header } from '../tar/archive.ts'

const { sub } = scratch()
const store = new MemoryStore()

async function imageOf(...layers: readonly (readonly Buffer[])[]) {
  let draft = emptyDraft()
  for (const entries of layers) {
    const tar = Buffer.concat([...entries, Buffer.alloc(1024)])
    const bytes = gzipSync(tar)
    await using ingest = await store.openIngest()
    await ingest.write(bytes)
    const { digest, size } = await ingest.commit()
    draft = appendLayer(draft, { descriptor: { mediaType: MEDIA_TYPES.ociLayerGzip, digest, size }, diffId: digestOf(tar) })
  }
  return readImage(store, await writeImage(store, draft))
}

async function unpacked(image: Awaited<ReturnType<typeof imageOf>>): Promise<string> {
  const path = sub()
  for (const { descriptor, diffId } of image.layers)
    await applyLayer(decompress(store.fetch(descriptor)), { path }, { expectedDiffId: diffId })
  return path
}

const exactTree = async (image: Awaited<ReturnType<typeof imageOf>>) => treeOf({ path: await unpacked(image) }, { exact: true })

describe('flattenImage', () => {
  it('makes one layer with the same files, and leaves nothing behind', async () => {
    const image = await imageOf(
      [file('a', 'one', { uid: '0001750', mode: '0004755' }), file('d/gone', 'x'), header({ name: 'link', type: '2', link: 'a' })],
      [file('.wh.d'), header({ name: 'again', type: '1', link: 'a' }), file('b', 'two')],
    )
    const scratchDirectory = sub()
    const flat = await readImage(store, await flattenImage(store, image, store, { scratchDirectory }))
    expect(flat.layers).toHaveLength(1)
    const [{ '.': _, ...before }, { '.': __, ...after }] = [await exactTree(image), await exactTree(flat)]
    expect(after).toEqual(before)
    expect((await readImageFiles(store, flat)).wastedBytes).toBe(0)
    expect(readdirSync(scratchDirectory)).toEqual([])
  })

  it('leaves nothing behind when a layer is not what the config says', async () => {
    const image = await imageOf([file('a', 'one')])
    const [layer] = image.layers
    const wrong = { ...image, layers: layer === undefined ? [] : [{ ...layer, diffId: digestOf('other') }] }
    const scratchDirectory = sub()
    await expect(flattenImage(store, wrong, store, { scratchDirectory })).rejects.toMatchObject({ code: 'LAYERFS_DIFF_ID_MISMATCH' })
    expect(readdirSync(scratchDirectory)).toEqual([])
  })
})

describe('packLayer', () => {
  it('makes the same layer of the same tree, which unpacks to it', async () => {
    const path = sub()
    mkdirSync(join(path, 'etc'))
    writeFileSync(join(path, 'etc/motd'), 'hello')
    const [one, two] = [await packLayer({ path }, store), await packLayer({ path }, store)]
    expect(one).toEqual(two)
    const image = await readImage(store, await writeImage(store, appendLayer(emptyDraft(), one)))
    expect(await treeOf({ path: join(await unpacked(image), 'etc') })).toEqual(await treeOf({ path: join(path, 'etc') }))
    const plain = await packLayer({ path }, store, { compression: 'none' })
    expect([plain.diffId, plain.descriptor.digest]).toEqual([one.diffId, one.diffId])
  })
})
