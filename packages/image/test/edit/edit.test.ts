import { describe, expect, it } from 'vitest'
import {
  appendLayer,
  draftOf,
  emptyDraft,
  type Image,
  MEDIA_TYPES,
  MemoryStore,
  readImage,
  rebaseImage,
  squashLayers,
  withAnnotations,
  withExecution,
  writeImage,
} from '../../src/index.ts'
import { body, pushTestImage, testBlob, testImage } from '../../src/testing/index.ts'

const linux = { os: 'linux', architecture: 'amd64' }

async function imageOf(store: MemoryStore, layers: readonly string[], platform = linux): Promise<Image> {
  const image = testImage(layers, platform)
  await pushTestImage(store, image, layers.join('-'))
  return readImage(store, image.root)
}

/** A layer that is in the store. */
async function layerOf(store: MemoryStore, content: string) {
  const { descriptor, bytes } = testBlob(content)
  await store.push(descriptor, body(bytes))
  return { descriptor, diffId: descriptor.digest }
}

const contents = ({ layers }: Pick<Image, 'layers'>) => layers.map(({ descriptor }) => descriptor.digest)

describe('an image without an edit', () => {
  it('is written with the config and the layers that it has', async () => {
    const store = new MemoryStore()
    const image = await imageOf(store, ['a', 'b'])
    const root = await writeImage(store, draftOf(image))
    const written = await readImage(store, root)
    expect([written.imageId, contents(written)]).toEqual([image.imageId, contents(image)])
  })
})

describe('edits', () => {
  it('give another image and leave the one they are made of', async () => {
    const store = new MemoryStore()
    const base = await imageOf(store, ['base'])
    const layer = await layerOf(store, 'on top')
    const before = draftOf(base)
    let draft = appendLayer(before, layer, { created_by: 'a test' })
    draft = withExecution(draft, { Cmd: ['serve'], Env: ['A=1'], User: 'nobody' })
    draft = withExecution(draft, { User: undefined })
    draft = withAnnotations(draft, { note: 'kept', gone: 'x' })
    draft = withAnnotations(draft, { gone: undefined })
    const edited = await readImage(store, await writeImage(store, draft))
    expect(contents(edited)).toEqual([...contents(base), layer.descriptor.digest])
    expect(edited.config).toMatchObject({ config: { Cmd: ['serve'], Env: ['A=1'] }, history: [{ created_by: 'a test' }] })
    expect(edited.config.config).not.toHaveProperty('User')
    expect(edited.manifest.annotations).toEqual({ note: 'kept' })
    expect(before).toEqual(draftOf(base))
  })

  it('are the same image when they are the same', async () => {
    const store = new MemoryStore()
    const layer = await layerOf(store, 'x')
    const make = () => writeImage(store, appendLayer(emptyDraft(linux), layer))
    expect(await make()).toEqual(await make())
  })

  it('keep the format of Docker, also for layers of OCI', async () => {
    const store = new MemoryStore()
    const { layers, config } = await imageOf(store, ['a'])
    const docker = await writeImage(store, { config, layers, annotations: {}, format: 'docker' })
    expect(docker.mediaType).toBe(MEDIA_TYPES.dockerManifest)
    const image = await readImage(store, docker)
    const more = appendLayer(draftOf(image), await layerOf(store, 'b'))
    const { manifest } = await readImage(store, await writeImage(store, more))
    expect([manifest.mediaType, manifest.layers[1]?.mediaType]).toEqual([MEDIA_TYPES.dockerManifest, MEDIA_TYPES.dockerLayer])
  })

  it('need their layers where they are written', async () => {
    const { descriptor } = testBlob('nowhere')
    const draft = appendLayer(emptyDraft(linux), { descriptor, diffId: descriptor.digest })
    await expect(writeImage(new MemoryStore(), draft)).rejects.toMatchObject({ code: 'IMAGE_NO_BLOB' })
  })
})

describe('rebaseImage', () => {
  it('puts the upper layers and their history on another base', async () => {
    const store = new MemoryStore()
    const [from, onto, app] = [await imageOf(store, ['old']), await imageOf(store, ['new', 'newer']), await imageOf(store, ['old', 'app'])]
    const history = [{ created_by: 'old base' }, { created_by: 'ENV', empty_layer: true }, { created_by: 'app' }]
    const draft = { ...draftOf(app), config: { ...app.config, history, config: { Cmd: ['app'] } } }
    const base = { ...onto, config: { ...onto.config, history: [{ created_by: 'new' }, { created_by: 'newer' }] } }
    const rebased = await readImage(store, await writeImage(store, rebaseImage(draft, { from, onto: base })))
    expect(contents(rebased)).toEqual([...contents(onto), contents(app)[1]])
    expect(rebased.config.history?.map(({ created_by }) => created_by)).toEqual(['new', 'newer', 'ENV', 'app'])
    expect(rebased.config.config).toEqual({ Cmd: ['app'] })
  })

  it('refuses an image that is not built on the base, or a base for another platform', async () => {
    const store = new MemoryStore()
    const [old, app] = [await imageOf(store, ['old']), await imageOf(store, ['other', 'app'])]
    expect(() => rebaseImage(draftOf(app), { from: old, onto: old })).toThrow(expect.objectContaining({ code: 'IMAGE_NOT_BASED' }))
    const arm = await imageOf(store, ['old'], { os: 'linux', architecture: 'arm64' })
    expect(() => rebaseImage(draftOf(old), { from: old, onto: arm })).toThrow(/arm64/)
  })
})

describe('squashLayers', () => {
  it('puts one layer in the place of some, and tells it in the history, which keeps every step', async () => {
    const store = new MemoryStore()
    const image = await imageOf(store, ['a', 'b', 'c'])
    const history = [{ created_by: 'a' }, { created_by: 'b' }, { created_by: 'ENV', empty_layer: true }, { created_by: 'c', author: 'x' }]
    const draft = { ...draftOf(image), config: { ...image.config, history } }
    const layer = await layerOf(store, 'b and c')
    const squashed = await readImage(store, await writeImage(store, squashLayers(draft, { from: 1, to: 3, layer })))
    expect(contents(squashed)).toEqual([contents(image)[0], layer.descriptor.digest])
    expect(squashed.config.history).toEqual([
      { created_by: 'a' },
      { created_by: 'b', empty_layer: true },
      { created_by: 'ENV', empty_layer: true },
      { created_by: 'c', author: 'x', empty_layer: true },
      { created_by: 'squash', comment: `${image.layers[1]?.diffId} to ${image.layers[2]?.diffId}` },
    ])
  })

  it('drops a history that does not fit the layers, and refuses a range without layers', async () => {
    const store = new MemoryStore()
    const image = await imageOf(store, ['a', 'b'])
    const draft = { ...draftOf(image), config: { ...image.config, history: [{ created_by: 'only one' }] } }
    const layer = await layerOf(store, 'both')
    expect(squashLayers(draft, { from: 0, to: 2, layer }).config.history).toEqual([])
    for (const range of [
      { from: 1, to: 1 },
      { from: 1, to: 3 },
      { from: -1, to: 1 },
    ]) {
      expect(() => squashLayers(draft, { ...range, layer })).toThrow(TypeError)
    }
  })
})
