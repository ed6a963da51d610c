import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { appendLayer, digestOf, emptyDraft, MEDIA_TYPES, MemoryStore, readImage, writeImage } from '@ct/image'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyLayer, decompress, packLayer, readImageFiles, type SquashOptions, squashImage } from '../../src/index.ts'
import { scratch, treeOf } from '../scratch.ts'
import { collect, entriesOf, file, header, pax } from '../tar/archive.ts'

const { sub } = scratch()
const store = new MemoryStore()
type Layers = readonly (readonly Buffer[])[]
type TestImage = Awaited<ReturnType<typeof imageOf>>

async function imageOf(...layers: Layers) {
  let draft = emptyDraft()
  for (const [index, entries] of layers.entries()) {
    const tar = Buffer.concat([...entries, Buffer.alloc(1024)])
    const bytes = gzipSync(tar)
    await using ingest = await store.openIngest()
    await ingest.write(bytes)
    const { digest, size } = await ingest.commit()
    const layer = { descriptor: { mediaType: MEDIA_TYPES.ociLayerGzip, digest, size }, diffId: digestOf(tar) }
    draft = appendLayer(draft, layer, { created_by: `step ${index}`, created: `2026-01-0${index + 1}T00:00:00Z` })
  }
  return readImage(store, await writeImage(store, draft))
}

async function unpacked(image: TestImage): Promise<string> {
  const path = sub()
  for (const { descriptor, diffId } of image.layers)
    await applyLayer(decompress(store.fetch(descriptor)), { path }, { expectedDiffId: diffId })
  return path
}

/** Everything but the times of directories, which change with what is written into them. */
async function exactTree(image: TestImage): Promise<Record<string, string>> {
  const tree = await treeOf({ path: await unpacked(image) }, { exact: true })
  return Object.fromEntries(Object.entries(tree).map(([path, line]) => [path, line.replace(/^(directory \S+ \S+) \d+/, '$1')]))
}

async function squashed(image: TestImage, options?: SquashOptions): Promise<TestImage> {
  return readImage(store, await squashImage(store, image, store, options))
}

async function layerOf(image: TestImage, index: number) {
  const { descriptor } = image.layers[index] ?? expect.fail('no such layer')
  return entriesOf(await collect(decompress(store.fetch(descriptor))))
}

const directory = (name: string, raw = {}): Buffer => header({ name: `${name}/`, type: '5', mode: '0000755', ...raw })
const hardLink = (name: string, link: string): Buffer => header({ name, type: '1', link })
const symlink = (name: string, link: string): Buffer => header({ name, type: '2', link })

describe('squashImage', () => {
  it('makes one layer of all, with the same files and nothing hidden', async () => {
    const image = await imageOf(
      [file('a', 'one', { uid: '0001750', mode: '0004755' }), file('d/gone', 'x'), symlink('link', 'a')],
      [file('.wh.d'), hardLink('again', 'a'), file('b', 'two')],
    )
    const flat = await squashed(image)
    expect(flat.layers).toHaveLength(1)
    expect(await exactTree(flat)).toEqual(await exactTree(image))
    expect((await readImageFiles(store, flat)).wastedBytes).toBe(0)
    expect((await layerOf(flat, 0)).some(({ path }) => path.includes('.wh.'))).toBe(false)
  })

  it.each<[string, Layers, readonly string[]]>([
    ['a whiteout stays as long as something is below', [[file('a')], [file('b')], [file('.wh.a')]], ['.wh.a', 'b']],
    ['a whiteout of what came with the layers goes', [[file('a')], [file('b', '1')], [file('.wh.b'), file('c')]], ['c']],
    ['a directory that is gone has one whiteout', [[file('d/a'), file('d/b')], [file('d/c')], [file('.wh.d')]], ['.wh.d']],
    [
      'an opaque directory hides each name below',
      [[file('d/a'), file('d/b')], [file('d/c')], [file('d/.wh..wh..opq')]],
      ['d/.wh.a', 'd/.wh.b'],
    ],
    [
      'a directory that came again says so',
      [[directory('d', { mode: '0000700' }), file('d/a')], [file('.wh.d')], [file('d/b')]],
      ['d/', 'd/.wh.a', 'd/b'],
    ],
    ['a file in the place of a directory', [[file('d/a')], [file('d', 'file')], [file('x')]], ['d', 'x']],
    ['a name that is linked to from above comes with the link', [[file('a', 'one')], [hardLink('b', 'a')], [file('x')]], ['a', 'b', 'x']],
    ['directories come first', [[], [file('d/a')], [directory('d')]], ['d/', 'd/a']],
  ])('%s', async (_, layers, expected) => {
    const image = await imageOf(...layers)
    const result = await squashed(image, { from: 1 })
    expect((await layerOf(result, 1)).map(({ path }) => path)).toEqual(expected)
    expect(await exactTree(result)).toEqual(await exactTree(image))
  })

  it('follows links of the layers below, and keeps attributes, long names and times', async () => {
    const image = await imageOf(
      [directory('usr/bin'), symlink('bin', 'usr/bin'), file('usr/bin/sh', 'old')],
      [
        pax([
          ['SCHILY.xattr.user.x', 'y'],
          ['mtime', '12.5'],
          ['path', `bin/${'n'.repeat(120)}`],
        ]),
        file('short', 'long'),
        file('bin/sh', 'new'),
      ],
      [file('usr/bin/.wh.sh')],
    )
    const result = await squashed(image, { from: 1, to: 3 })
    expect((await layerOf(result, 1)).map(({ path }) => path)).toEqual(['usr/bin/.wh.sh', `usr/bin/${'n'.repeat(120)}`])
    expect(await exactTree(result)).toEqual(await exactTree(image))
  })

  it('keeps every step of the history, the other layers as they are, and gives equal images', async () => {
    const image = await imageOf([file('a')], [file('b')], [file('c')], [file('d')])
    const result = await squashed(image, { from: 1, to: 3 })
    expect(await squashed(image, { from: 1, to: 3 })).toEqual(result)
    expect([result.layers[0], result.layers[2]]).toEqual([image.layers[0], image.layers[3]])
    const comment = `${image.layers[1]?.diffId} to ${image.layers[2]?.diffId}`
    expect(result.config.history).toEqual([
      { created: '2026-01-01T00:00:00Z', created_by: 'step 0' },
      { created: '2026-01-02T00:00:00Z', created_by: 'step 1', empty_layer: true },
      { created: '2026-01-03T00:00:00Z', created_by: 'step 2', empty_layer: true },
      { created: '2026-01-03T00:00:00Z', created_by: 'squash', comment },
      { created: '2026-01-04T00:00:00Z', created_by: 'step 3' },
    ])
  })

  it('refuses a layer that is not what the config says, and a range that has none', async () => {
    const image = await imageOf([file('a', 'one')])
    const wrong = { ...image, layers: image.layers.map((layer) => ({ ...layer, diffId: digestOf('other') })) }
    await expect(squashImage(store, wrong, store)).rejects.toMatchObject({ code: 'LAYERFS_DIFF_ID_MISMATCH' })
    await expect(squashImage(store, image, store, { from: 1 })).rejects.toThrow(TypeError)
    await expect(squashImage(store, image, store, { to: 2 })).rejects.toThrow(TypeError)
  })

  it('gives the same tree whatever the layers and the range', async () => {
    const path = fc.constantFrom('a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a', 'b/c')
    const entry = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(path, fc.nat(9)).map(([name, n]) => ({ order: 1, name, bytes: file(name, 'x'.repeat(n)) })) },
      {
        weight: 3,
        arbitrary: fc.tuple(path, fc.nat(7)).map(([name, n]) => ({ order: 1, name, bytes: directory(name, { mode: `000071${n}` }) })),
      },
      { weight: 2, arbitrary: path.map((name) => ({ order: 0, name, bytes: file(name.replace(/([^/]+)$/, '.wh.$1')) })) },
      { weight: 1, arbitrary: path.map((name) => ({ order: 0, name, bytes: file(`${name}/.wh..wh..opq`) })) },
    )
    const layer = fc.uniqueArray(entry, { selector: ({ name }) => name, maxLength: 5 }).map(wellFormed)
    const stack = fc.array(layer, { minLength: 2, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(stack, fc.nat(), fc.nat(), async (layers, one, other) => {
        const image = await imageOf(...withParents(layers))
        const from = one % layers.length
        const to = from + 1 + (other % (layers.length - from))
        expect(await exactTree(await squashed(image, { from, to }))).toEqual(await exactTree(image))
      }),
      { numRuns: 15 },
    )
  })
})

/** A directory entry in front of each layer for what would else be below a file of a lower layer, which no unpacker takes. */
function withParents(layers: Layers): Layers {
  const files = new Set<string>()
  return layers.map((entries) => {
    const named = entries.map((bytes) => ({ name: bytes.toString('latin1', 0, bytes.indexOf(0)), isFile: bytes[156] === 0x30 }))
    const parents = [...files].filter((path) => named.some(({ name }) => name.startsWith(`${path}/`))).sort()
    for (const { name, isFile } of named) if (isFile) files.add(name)
    return [...parents.map((path) => directory(path)), ...entries]
  })
}

/** Whiteouts first, parents before children, nothing below a file: what a layer that somebody means to be used looks like. */
function wellFormed(entries: readonly { readonly order: number; readonly name: string; readonly bytes: Buffer }[]): Buffer[] {
  const sorted = [...entries].sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1))
  const files = sorted.filter(({ order, bytes }) => order === 1 && bytes[156] === 0x30).map(({ name }) => name)
  return sorted.filter(({ name }) => !files.some((above) => name.startsWith(`${above}/`))).map(({ bytes }) => bytes)
}

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
