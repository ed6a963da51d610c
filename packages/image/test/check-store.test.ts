import { readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ContentStore, checkStore, digestOf, MEDIA_TYPES } from '../src/index.ts'
import { body, pushTestImage, testBlob, testImage } from '../src/testing/index.ts'
import { temporaryDirectory } from './temporary.ts'

const image = testImage(['one', 'two'])
const [one, two, config, manifest] = image.blobs.map(({ descriptor }) => descriptor.digest)
const ref = 'registry.test/app:1'

async function storeWithImage() {
  const directory = await temporaryDirectory()
  const store = await ContentStore.open(directory.path)
  await pushTestImage(store, image, ref)
  return { store, path: directory.path, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() }
}

describe('checkStore', () => {
  it('has nothing to say of a store that is whole', async () => {
    await using made = await storeWithImage()
    const { store } = made
    let checked = 0
    expect(await checkStore(store, { onProgress: ({ checkedBlobs }) => (checked = checkedBlobs) })).toEqual([])
    expect(checked).toBe(4)
  })

  it('names each blob that is damaged or missing, who needs it, and what to do', async () => {
    await using made = await storeWithImage()
    const { store } = made
    const loose = testBlob('loose')
    await store.push(loose.descriptor, body(loose.bytes))
    for (const digest of [one, loose.descriptor.digest]) writeFileSync(store.path(digest ?? digestOf('')), 'xyz')
    rmSync(store.path(two ?? digestOf('')))
    const found = await checkStore(store)
    expect(found.map(({ problem, digest, neededBy }) => [problem, digest, neededBy])).toEqual(
      expect.arrayContaining([
        ['damaged', one, [ref]],
        ['damaged', loose.descriptor.digest, []],
        ['missing', two, [ref]],
      ]),
    )
    expect(found).toHaveLength(3)
    expect(found.map(({ hint }) => hint).join()).toMatch(/pull or push again/)
  })

  it('does not miss what a manifest is about, nor layers that are kept elsewhere', async () => {
    await using made = await storeWithImage()
    const { store } = made
    const elsewhere = { ...testBlob('elsewhere').descriptor, urls: ['https://layers.test/1'] }
    const { descriptor: empty, bytes } = testBlob('{}', 'application/vnd.oci.empty.v1+json')
    const about = {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociManifest,
      config: empty,
      layers: [elsewhere],
      subject: testImage(['absent']).root,
    }
    const artifact = testBlob(JSON.stringify(about), MEDIA_TYPES.ociManifest)
    await store.push(empty, body(bytes))
    await store.push(artifact.descriptor, body(artifact.bytes))
    await store.tag(artifact.descriptor, 'registry.test/app:signature')
    expect(await checkStore(store)).toEqual([])
  })

  it('names a reference whose record cannot be read', async () => {
    await using made = await storeWithImage()
    const { store } = made
    const tags = join(made.path, 'refs/registry.test/app/_tags')
    truncateSync(join(tags, readdirSync(tags)[0] ?? ''))
    expect(await checkStore(store)).toMatchObject([{ problem: 'unreadable', message: expect.stringContaining('_tags/1') }])
  })

  it('says of a damaged manifest that it is damaged, and nothing of what it needed', async () => {
    await using made = await storeWithImage()
    const { store } = made
    writeFileSync(store.path(manifest ?? digestOf('')), '{}')
    expect((await checkStore(store)).map(({ problem, digest }) => [problem, digest])).toEqual([['damaged', manifest]])
  })
})

describe('a collection beside a damaged manifest', () => {
  it('removes nothing and tells', async () => {
    await using made = await storeWithImage()
    const { store } = made
    writeFileSync(store.path(manifest ?? digestOf('')), '{}')
    expect(await store.collect()).toEqual({ removed: [], freedBytes: 0, damaged: [manifest] })
    for (const digest of [one, two, config]) expect(await store.has(digest ?? digestOf(''))).toBe(true)
  })
})
