import { describe, expect, it } from 'vitest'
import { type CopyProgress, copy, type Descriptor, MEDIA_TYPES, MemoryStore, parsePlatform, type Source } from '../src/index.ts'
import { body, pushTestImage, testBlob, testImage, testIndex } from '../src/testing/index.ts'

const amd64 = parsePlatform('linux/amd64')
const arm64 = parsePlatform('linux/arm64')

async function sourceWith(image: ReturnType<typeof testImage>) {
  const source = new MemoryStore()
  await pushTestImage(source, image, 'app:1')
  return source
}

/** A source whose layers come one byte at a time and only when allowed. */
function held(source: Source, gate: Promise<void>): Source {
  return {
    resolve: (ref) => source.resolve(ref),
    async *fetch(descriptor, options) {
      if (descriptor.mediaType === MEDIA_TYPES.ociLayer) await gate
      options?.signal?.throwIfAborted()
      yield* source.fetch(descriptor, options)
    },
  }
}

describe('copy', () => {
  it('reports every blob and manifest, and what is there already', async () => {
    const image = testImage(['one', 'two'])
    const source = await sourceWith(image)
    const target = new MemoryStore()
    const [first] = image.blobs
    if (first !== undefined) await target.push(first.descriptor, body(first.bytes))
    const events: CopyProgress[] = []
    await copy(source, target, 'app:1', { onProgress: (event) => events.push(event) })
    const states = (descriptor: Descriptor) =>
      events.filter((event) => event.descriptor.digest === descriptor.digest).map(({ state }) => state)
    expect(image.blobs.map(({ descriptor }) => states(descriptor))).toEqual([
      ['waiting', 'exists'],
      ['waiting', 'transferring', 'done'],
      ['waiting', 'transferring', 'done'],
      ['done'],
    ])
    events.length = 0
    await copy(source, target, 'app:1', { onProgress: (event) => events.push(event) })
    expect(events.filter(({ state }) => state !== 'waiting').every(({ state }) => state === 'exists')).toBe(true)
  })

  it('copies and tags the image for one platform of an index', async () => {
    const index = testIndex([
      { image: testImage(['a'], amd64), platform: amd64 },
      { image: testImage(['b'], arm64), platform: arm64 },
    ])
    const source = await sourceWith(index)
    const target = new MemoryStore()
    const root = await copy(source, target, 'app:1', { as: 'app:arm', platform: arm64 })
    expect(root.platform).toEqual(arm64)
    expect(await target.has(index.root)).toBe(false)
    expect(await target.resolve('app:arm')).toEqual(root)
    await expect(copy(source, target, 'app:1', { platform: parsePlatform('linux/s390x') })).rejects.toMatchObject({
      code: 'IMAGE_NO_PLATFORM',
    })
  })

  it('follows an index in an index', async () => {
    const inner = testIndex([{ image: testImage(['a'], amd64), platform: amd64 }])
    const source = await sourceWith(testIndex([{ image: inner, platform: amd64 }]))
    expect((await copy(source, new MemoryStore(), 'app:1', { platform: amd64 })).mediaType).toBe(MEDIA_TYPES.ociManifest)
  })

  it('refuses indexes that never end', async () => {
    let image = testImage(['a'], amd64)
    for (let i = 0; i < 12; i++) image = testIndex([{ image, platform: amd64 }])
    const source = await sourceWith(image)
    await expect(copy(source, new MemoryStore(), 'app:1', { platform: amd64 })).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' })
    await expect(copy(source, new MemoryStore(), 'app:1', { platform: 'all' })).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' })
  })

  it('never has more blobs on their way than allowed', async () => {
    const source = await sourceWith(testImage(Array.from({ length: 20 }, (_, i) => `layer ${i}`)))
    let now = 0
    let most = 0
    const counting: Source = {
      resolve: (ref) => source.resolve(ref),
      async *fetch(descriptor, options) {
        most = Math.max(most, ++now)
        await new Promise((done) => setTimeout(done, 1))
        yield* source.fetch(descriptor, options)
        now--
      },
    }
    await copy(counting, new MemoryStore(), 'app:1', { concurrency: 4 })
    expect(most).toBe(4)
  })

  it('sets no reference when a blob fails, and tells the first failure', async () => {
    const source = await sourceWith(testImage(['one', 'two', 'three']))
    const failing: Source = {
      resolve: (ref) => source.resolve(ref),
      async *fetch(descriptor, options) {
        if (descriptor.size === 5) throw new Error('the third layer broke')
        yield* source.fetch(descriptor, options)
      },
    }
    const target = new MemoryStore()
    await expect(copy(failing, target, 'app:1')).rejects.toThrow('the third layer broke')
    expect(await target.listRefs()).toEqual([])
  })

  it('verifies what an untrue source gives', async () => {
    const image = testImage(['true'])
    const source = await sourceWith(image)
    const lying: Source = {
      resolve: (ref) => source.resolve(ref),
      fetch: (descriptor, options) =>
        descriptor.mediaType === MEDIA_TYPES.ociLayer ? body(Buffer.from('lies')) : source.fetch(descriptor, options),
    }
    await expect(copy(lying, new MemoryStore(), 'app:1')).rejects.toMatchObject({ code: 'IMAGE_DIGEST_MISMATCH' })
  })

  it('stops when aborted, with the reason of the signal', async () => {
    const source = await sourceWith(testImage(['one']))
    const controller = new AbortController()
    const gate = new Promise<void>((open) => setTimeout(open, 20))
    const copying = copy(held(source, gate), new MemoryStore(), 'app:1', { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(copying).rejects.toThrow('enough')
  })

  it('asks the target to mount a blob before it moves the bytes', async () => {
    const image = testImage(['one'])
    const source = await sourceWith(image)
    const target = new MemoryStore()
    const mounted: string[] = []
    const mounting = Object.assign(target, {
      mount: async (descriptor: Descriptor) => {
        if (descriptor.mediaType !== MEDIA_TYPES.ociLayer) return false
        mounted.push(descriptor.digest)
        await target.push(descriptor, source.fetch(descriptor))
        return true
      },
    })
    await copy(source, mounting, 'app:1')
    expect(mounted).toEqual([testBlob('one').descriptor.digest])
  })
})
