import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ContentStore, digestHex, digestOf, loadArchive, MEDIA_TYPES, MemoryStore, parsePlatform, readImage } from '../../src/index.ts'
import { body, bytesOf, testBlob, testImage, testIndex } from '../../src/testing/index.ts'
import { temporaryDirectory } from '../temporary.ts'
import { makeTar } from './make-tar.ts'

const layer = Buffer.from('a plain layer')
const layers = [layer, gzipSync('a compressed layer')] as const
const diffIds = [digestOf(layer), digestOf('a compressed layer')]
const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } })
const amd64 = parsePlatform('linux/amd64')

/** What `docker save` wrote before version 25. */
function oldArchive(entry: object = {}) {
  return {
    'aaa/VERSION': '1.0',
    'aaa/json': '{}',
    'aaa/layer.tar': layers[0],
    'bbb/layer.tar': layers[1],
    'config.json': config,
    'manifest.json': JSON.stringify([
      { Config: 'config.json', RepoTags: ['app:1', 'localhost:5000/app:2'], Layers: ['aaa/layer.tar', 'bbb/layer.tar'], ...entry },
    ]),
  }
}

const load = async (files: Parameters<typeof makeTar>[0], store = new MemoryStore()) => loadArchive(store, body(await makeTar(files), 1000))

describe('loadArchive of a docker archive', () => {
  it('makes a manifest around the config and the layers as they are', async () => {
    const store = new MemoryStore()
    const [image, ...others] = await load(oldArchive(), store)
    expect(others).toEqual([])
    expect(image).toMatchObject({ references: ['docker.io/library/app:1', 'localhost:5000/app:2'], imageId: digestOf(config) })
    const read = await readImage(store, await store.resolve('app:1'))
    expect(read.layers).toEqual([
      { descriptor: { mediaType: MEDIA_TYPES.ociLayer, digest: digestOf(layers[0]), size: layers[0].byteLength }, diffId: diffIds[0] },
      { descriptor: { mediaType: MEDIA_TYPES.ociLayerGzip, digest: digestOf(layers[1]), size: layers[1].byteLength }, diffId: diffIds[1] },
    ])
    expect(await bytesOf(store.fetch(read.layers[1]?.descriptor ?? read.manifestDescriptor))).toEqual(layers[1])
  })

  it('follows links to layers that several images share, and accepts an image without a name', async () => {
    const files = {
      './aaa/layer.tar': layers[0],
      'ccc/layer.tar': { linkTo: '../aaa/layer.tar' },
      'config.json': config.replace(`,"${diffIds[1]}"`, ''),
    }
    const [image] = await load({
      ...files,
      'manifest.json': JSON.stringify([{ Config: 'config.json', RepoTags: null, Layers: ['ccc/layer.tar'] }]),
    })
    expect(image?.references).toEqual([])
  })

  it('reads a gzipped archive', async () => {
    const [image] = await loadArchive(new MemoryStore(), body(gzipSync(await makeTar(oldArchive())), 500))
    expect(image?.imageId).toBe(digestOf(config))
  })

  it('streams a large layer to disk', async () => {
    await using directory = await temporaryDirectory()
    const big = Buffer.alloc(20_000_000, 'large')
    const bigConfig = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(big)] } })
    const archive = await makeTar({
      'l.tar': big,
      'c.json': bigConfig,
      'manifest.json': JSON.stringify([{ Config: 'c.json', Layers: ['l.tar'] }]),
    })
    const store = await ContentStore.open(directory.path)
    await loadArchive(store, body(archive, 65_536))
    expect(await store.info(digestOf(big))).toEqual({ size: big.byteLength })
  })

  it.each([
    ['no image', { 'etc/passwd': 'root' }, 'IMAGE_BAD_ARCHIVE'],
    ['an empty list', { 'manifest.json': '[]' }, 'IMAGE_BAD_ARCHIVE'],
    ['a list that is none', { 'manifest.json': '{}' }, 'IMAGE_BAD_ARCHIVE'],
    ['a config that is missing', oldArchive({ Config: 'x.json' }), 'IMAGE_BAD_ARCHIVE'],
    ['a config that is no config', { ...oldArchive(), 'config.json': '{}' }, 'IMAGE_BAD_CONFIG'],
    ['a layer that is missing', oldArchive({ Layers: ['aaa/layer.tar', 'x'] }), 'IMAGE_BAD_ARCHIVE'],
    ['too few layers', oldArchive({ Layers: ['aaa/layer.tar'] }), 'IMAGE_BAD_ARCHIVE'],
    ['links in a circle', { ...oldArchive(), 'aaa/layer.tar': { linkTo: '../x' }, x: { linkTo: 'aaa/layer.tar' } }, 'IMAGE_BAD_ARCHIVE'],
    ['a link out of the archive', { ...oldArchive(), 'aaa/layer.tar': { linkTo: '../../../../etc/passwd' } }, 'IMAGE_BAD_ARCHIVE'],
    ['a plain layer of other content', { ...oldArchive(), 'aaa/layer.tar': 'changed' }, 'IMAGE_DIGEST_MISMATCH'],
    ['a layer that nobody can decompress', { ...oldArchive(), 'bbb/layer.tar': Buffer.from('fd377a585a0000', 'hex') }, 'IMAGE_BAD_ARCHIVE'],
    ['a reference that is none', oldArchive({ RepoTags: ['../x'] }), 'IMAGE_BAD_REFERENCE'],
    ['a manifest.json too large to be one', { 'manifest.json': Buffer.alloc(5_000_000, 0x20) }, 'IMAGE_TOO_LARGE'],
  ])('refuses %s and sets no reference', async (_, files, code) => {
    const store = new MemoryStore()
    await expect(load(files as Parameters<typeof makeTar>[0], store)).rejects.toMatchObject({ code })
    expect(await store.listRefs()).toEqual([])
  })

  it.each([0, 100, 512, 700, 2500])('says that an archive cut after %i bytes is damaged', async (length) => {
    const archive = await makeTar(oldArchive())
    await expect(loadArchive(new MemoryStore(), body(archive.subarray(0, length), 300))).rejects.toMatchObject({
      code: 'IMAGE_BAD_ARCHIVE',
    })
  })

  it('passes errors of the stream on as they are, and stops when told to', async () => {
    const failing = (async function* () {
      yield (await makeTar(oldArchive())).subarray(0, 1000)
      throw new Error('the connection broke')
    })()
    await expect(loadArchive(new MemoryStore(), failing)).rejects.toThrow('the connection broke')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(loadArchive(new MemoryStore(), body(Buffer.alloc(0)), { signal })).rejects.toThrow('enough')
  })
})

describe('loadArchive of an OCI layout', () => {
  const arm64 = parsePlatform('linux/arm64')
  const image = testImage(['one', 'two'], amd64)
  const index = testIndex([
    { image, platform: amd64 },
    { image: testImage(['other'], arm64), platform: arm64 },
  ])
  const blobs = (blobsOf: typeof index) =>
    Object.fromEntries(blobsOf.blobs.map(({ descriptor, bytes }) => [`blobs/sha256/${digestHex(descriptor.digest)}`, bytes]))
  const layout = (from: typeof index, annotations: Record<string, string>) => ({
    ...blobs(from),
    'oci-layout': '{"imageLayoutVersion":"1.0.0"}',
    'index.json': JSON.stringify({ schemaVersion: 2, manifests: [{ ...from.root, annotations }] }),
  })

  it.each([
    [{ 'io.containerd.image.name': 'docker.io/library/app:1', 'org.opencontainers.image.ref.name': '1' }, ['docker.io/library/app:1']],
    [{ 'org.opencontainers.image.ref.name': 'localhost/app:1' }, ['localhost/app:1']],
    [{ 'org.opencontainers.image.ref.name': '1' }, []],
    [{}, []],
  ])('takes names from the annotations %j', async (annotations, references) => {
    const [loaded] = await load(layout(image, annotations))
    expect(loaded).toEqual({ references, descriptor: image.root, imageId: image.blobs.at(-2)?.descriptor.digest })
  })

  it('takes names from manifest.json beside it', async () => {
    const configPath = `blobs/sha256/${digestHex(image.blobs.at(-2)?.descriptor.digest ?? digestOf(''))}`
    const manifest = JSON.stringify([{ Config: configPath, RepoTags: ['app:1'], Layers: [] }])
    const [loaded] = await load({ ...layout(image, {}), 'manifest.json': manifest })
    expect(loaded?.references).toEqual(['docker.io/library/app:1'])
  })

  it('chooses a platform of an index, or keeps it whole', async () => {
    const archive = await makeTar(layout(index, { 'org.opencontainers.image.ref.name': 'app:1' }))
    const [chosen] = await loadArchive(new MemoryStore(), body(archive), { platform: amd64 })
    expect(chosen?.descriptor).toEqual({ ...image.root, platform: amd64 })
    const [whole] = await loadArchive(new MemoryStore(), body(archive), { platform: 'all' })
    expect(whole?.descriptor).toEqual(index.root)
    await expect(loadArchive(new MemoryStore(), body(archive), { platform: parsePlatform('linux/s390x') })).rejects.toMatchObject({
      code: 'IMAGE_NO_PLATFORM',
    })
  })

  it('refuses a layout that lacks a blob, or has one that is damaged', async () => {
    const files: Record<string, Uint8Array | string> = layout(image, {})
    const path = `blobs/sha256/${digestHex(digestOf('two'))}`
    await expect(load({ ...files, [path]: 'changed' })).rejects.toMatchObject({ code: 'IMAGE_DIGEST_MISMATCH' })
    delete files[path]
    await expect(load(files)).rejects.toMatchObject({ code: 'IMAGE_BAD_ARCHIVE' })
  })

  it('refuses two images of one name', async () => {
    const other = testImage(['other'], amd64)
    const annotations = { 'org.opencontainers.image.ref.name': 'app:1' }
    const manifests = [image, other].map(({ root }) => ({ ...root, annotations }))
    const files = { ...blobs(image), ...blobs(other), 'index.json': JSON.stringify({ schemaVersion: 2, manifests }) }
    await expect(load(files)).rejects.toMatchObject({ code: 'IMAGE_BAD_ARCHIVE' })
  })

  it('refuses a blob called by a digest that is none', async () => {
    await expect(load({ ...layout(image, {}), 'blobs/sha256/abc': testBlob('x').bytes })).rejects.toMatchObject({
      code: 'IMAGE_DIGEST_MISMATCH',
    })
  })

  it('looks at every blob once, however often indexes name each other', async () => {
    let top = testBlob(JSON.stringify({ schemaVersion: 2, manifests: [{ ...image.root, platform: amd64 }] }), MEDIA_TYPES.ociIndex)
    const files: Record<string, Uint8Array | string> = blobs(image)
    const add = () => {
      files[`blobs/sha256/${digestHex(top.descriptor.digest)}`] = top.bytes
    }
    for (let depth = 0; depth < 7; depth++) {
      add()
      const manifests = Array.from({ length: 50 }, () => ({ ...top.descriptor, platform: amd64 }))
      top = testBlob(JSON.stringify({ schemaVersion: 2, manifests }), MEDIA_TYPES.ociIndex)
    }
    add()
    const archive = await makeTar({ ...files, 'index.json': JSON.stringify({ schemaVersion: 2, manifests: [top.descriptor] }) })
    const [whole] = await loadArchive(new MemoryStore(), body(archive), { platform: 'all' })
    expect(whole?.descriptor).toEqual(top.descriptor)
  })
})
