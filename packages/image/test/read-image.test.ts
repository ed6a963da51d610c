import { describe, expect, it } from 'vitest'
import { digestOf, MEDIA_TYPES, MemoryStore, parsePlatform, readBlob, readImage } from '../src/index.ts'
import { body, pushTestImage, testBlob, testImage, testIndex } from '../src/testing/index.ts'

const arm64 = parsePlatform('linux/arm64')

async function storeWith(image: ReturnType<typeof testImage>) {
  const store = new MemoryStore()
  await pushTestImage(store, image, 'app')
  return store
}

/** An image with one document changed. */
function changed(config: object, manifest: object = {}) {
  const layer = testBlob('layer')
  const configBlob = testBlob(JSON.stringify(config), MEDIA_TYPES.ociConfig)
  const document = { schemaVersion: 2, config: configBlob.descriptor, layers: [layer.descriptor], ...manifest }
  const root = testBlob(JSON.stringify(document), MEDIA_TYPES.ociManifest)
  return { root: root.descriptor, blobs: [layer, configBlob, root] }
}

describe('readImage', () => {
  it('pairs layers with diffIDs and gives the image ID', async () => {
    const image = testImage(['one', 'two'])
    const read = await readImage(await storeWith(image), image.root)
    expect(read.layers.map(({ diffId }) => diffId)).toEqual([digestOf('one'), digestOf('two')])
    expect(read.imageId).toBe(read.manifest.config.digest)
    expect(read.manifestDescriptor).toEqual(image.root)
  })

  it('chooses from an index', async () => {
    const index = testIndex([{ image: testImage(['one'], arm64), platform: arm64 }])
    expect((await readImage(await storeWith(index), index.root, { platform: arm64 })).config.architecture).toBe('arm64')
  })

  it('refuses an image without an index that is for another platform, when asked for one', async () => {
    const image = testImage(['one'], arm64)
    const store = await storeWith(image)
    await expect(readImage(store, image.root, { platform: parsePlatform('linux/s390x') })).rejects.toMatchObject({
      code: 'IMAGE_NO_PLATFORM',
      message: expect.stringContaining('linux/arm64'),
    })
    expect((await readImage(store, image.root)).config.architecture).toBe('arm64')
  })

  it.each([
    ['fewer diffIDs than layers', changed({ architecture: 'a', os: 'b', rootfs: { type: 'layers', diff_ids: [] } }), 'IMAGE_BAD_CONFIG'],
    ['a config that is none', changed({}), 'IMAGE_BAD_CONFIG'],
    ['another kind of artifact', changed({}, { config: testBlob('{}', MEDIA_TYPES.ociEmpty).descriptor }), 'IMAGE_UNSUPPORTED_MEDIA_TYPE'],
    ['a blob that is no manifest', { root: testBlob('x').descriptor, blobs: [testBlob('x')] }, 'IMAGE_UNSUPPORTED_MEDIA_TYPE'],
  ])('refuses %s', async (_, image, code) => {
    await expect(readImage(await storeWith(image), image.root)).rejects.toMatchObject({ code })
  })
})

describe('readBlob', () => {
  it('reads no more than it is allowed to', async () => {
    const store = new MemoryStore()
    const { descriptor, bytes } = testBlob('some bytes')
    await store.push(descriptor, body(bytes))
    expect(`${await readBlob(store, descriptor)}`).toBe(`${bytes}`)
    await expect(readBlob(store, descriptor, { maxBytes: 9 })).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' })
  })

  it('verifies, also a source that does not', async () => {
    const { descriptor } = testBlob('some bytes')
    await expect(readBlob({ fetch: () => body(Buffer.from('more bytes')) }, descriptor)).rejects.toMatchObject({
      code: 'IMAGE_DIGEST_MISMATCH',
    })
    await expect(readBlob({ fetch: () => body(Buffer.alloc(1000), 3) }, descriptor)).rejects.toMatchObject({ code: 'IMAGE_SIZE_MISMATCH' })
  })
})
