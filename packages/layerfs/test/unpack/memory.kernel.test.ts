import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { createDigester, type ImageLayer, MEDIA_TYPES } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { scratch } from '../scratch.ts'
import { header } from '../tar/archive.ts'

const { root } = scratch()
const MOST_MB = 150
const MEMBER_BYTES = 8 * 1024 * 1024
const MEMBERS = 64
const LAYERFS = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
const IMAGE = fileURLToPath(new URL('../../../image/dist/index.js', import.meta.url))

/**
 * A process of its own, for its peak is to be that of the work: an image, whose layers nobody holds, is saved, loaded as it is saved, and
 * unpacked.
 */
const WORKER = `
import { readFileSync } from 'node:fs'
import { appendLayer, ContentStore, emptyDraft, loadArchive, MemoryStore, readImage, saveArchive, writeImage } from ${JSON.stringify(IMAGE)}
import { OverlaySnapshotter, unpack } from ${JSON.stringify(LAYERFS)}
const root = process.argv[1]
const layers = JSON.parse(readFileSync(root + '/layers.json', 'utf8'))
const files = layers.map((_, index) => ['head', 'member-' + index, 'tail'].map((name) => readFileSync(root + '/' + name)))
const small = new MemoryStore()
const indexOf = ({ digest }) => layers.findIndex(({ descriptor }) => descriptor.digest === digest)
const source = {
  resolve: (reference) => small.resolve(reference),
  has: async (descriptor) => indexOf(descriptor) >= 0 || small.has(descriptor),
  push: (...args) => small.push(...args),
  async *fetch(descriptor, options) {
    const parts = files[indexOf(descriptor)]
    if (parts === undefined) return yield* small.fetch(descriptor, options)
    yield parts[0]
    for (let i = 0; i < ${MEMBERS}; i++) yield parts[1]
    yield parts[2]
  },
}
const peak = () => Math.round(process.resourceUsage().maxRSS / 1024)
await small.tag(await writeImage(source, layers.reduce((draft, layer) => appendLayer(draft, layer), emptyDraft())), 'large')
const store = await ContentStore.open(root + '/store')
await loadArchive(store, saveArchive(source, ['large']))
const loadedMb = peak()
const image = await readImage(store, await store.resolve('large'))
await unpack(store, image, await OverlaySnapshotter.open({ root }))
console.log(JSON.stringify({ loadedMb, unpackedMb: peak() }))
`

/** A layer of one file of 512 MiB: gzip members of 8 MiB that a quarter of is noise. */
function makeLayer(index: number): ImageLayer {
  const content = Buffer.concat([randomBytes(MEMBER_BYTES / 4), Buffer.alloc((MEMBER_BYTES * 3) / 4)])
  const parts: [name: string, bytes: Buffer][] = [
    ['head', header({ name: 'large', size: MEMBER_BYTES * MEMBERS })],
    [`member-${index}`, content],
    ['tail', Buffer.alloc(1024)],
  ]
  const [stored, plain] = [createDigester(), createDigester()]
  let size = 0
  for (const [name, bytes] of parts) {
    const compressed = gzipSync(bytes, { level: 1 })
    writeFileSync(join(root, name), compressed)
    for (let i = 0; i < (bytes === content ? MEMBERS : 1); i++) {
      stored.update(compressed)
      plain.update(bytes)
      size += compressed.length
    }
  }
  return { descriptor: { mediaType: MEDIA_TYPES.ociLayerGzip, digest: stored.digest(), size }, diffId: plain.digest() }
}

describe('an image of 1 GiB', () => {
  it('is saved, loaded and unpacked in less than 150 MB of memory', () => {
    writeFileSync(join(root, 'layers.json'), JSON.stringify([makeLayer(0), makeLayer(1)]))
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', WORKER, root], { encoding: 'utf8' })
    const { loadedMb, unpackedMb } = JSON.parse(output)
    expect(loadedMb).toBeLessThan(MOST_MB)
    expect(unpackedMb).toBeLessThan(MOST_MB)
  })
})
