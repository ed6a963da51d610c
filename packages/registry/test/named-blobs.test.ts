import { digestOf, MemoryStore } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { ManifestFacts } from '../src/manifest-facts.ts'
import { NamedBlobs } from '../src/named-blobs.ts'
import { ReferrerIndex } from '../src/referrer-index.ts'
import { Repository } from '../src/repository.ts'
import { countedStore } from './counted-store.ts'
import { pushImage, registryOnLoopback } from './registry-on-loopback.ts'

const layer = (of: string) => digestOf(`layer of ${of}`)

/** A store with images in `team/app` and `team/other`, and what another process finds in it. */
async function withImages(most?: number) {
  const memory = new MemoryStore()
  const registry = await registryOnLoopback({ store: memory })
  for (let i = 0; i < 20; i++) await pushImage(registry, 'team/app', `v${i}`)
  await pushImage(registry, 'team/other', 'v1')
  const { store, calls } = countedStore(memory)
  const facts = new ManifestFacts(store)
  const referrers = new ReferrerIndex({ store, facts }, 'localhost')
  const blobs = new NamedBlobs(facts, most === undefined ? {} : { most })
  const find = async (of: string, name = 'team/app') => {
    calls.clear()
    const found = await blobs.find(new Repository({ store, referrers }, { storeName: 'localhost', name }), layer(of))
    return { digest: found?.digest, reads: calls.get('fetch') ?? 0, lists: calls.get('listRefs') ?? 0 }
  }
  return { registry, find, [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() }
}

describe('the blobs that manifests name', () => {
  it('cost a read of each manifest once, then nothing', async () => {
    await using made = await withImages()
    expect(await made.find('team/app:v3')).toEqual({ digest: layer('team/app:v3'), reads: 20, lists: 1 })
    for (const of of ['team/app:v3', 'team/app:v19']) expect(await made.find(of)).toEqual({ digest: layer(of), reads: 0, lists: 0 })
    expect(await made.find('nothing')).toEqual({ digest: undefined, reads: 0, lists: 1 })
    expect((await made.find('team/other:v1')).digest).toBeUndefined()
  })

  it('are read once for all who ask at once', async () => {
    await using made = await withImages()
    const [one, two] = await Promise.all([made.find('team/app:v1'), made.find('team/app:v2')])
    expect([one.digest, two.digest]).toEqual([layer('team/app:v1'), layer('team/app:v2')])
    expect(Math.max(one.reads, two.reads)).toBe(20)
  })

  it('are those of manifests that came later, of which only these are read', async () => {
    await using made = await withImages()
    await made.find('team/app:v1')
    await pushImage(made.registry, 'team/app', 'later')
    expect(await made.find('team/app:later')).toEqual({ digest: layer('team/app:later'), reads: 1, lists: 1 })
  })

  it('of a repository that nobody asked for longest are forgotten when there are too many', async () => {
    await using made = await withImages(45)
    await made.find('team/app:v1')
    await made.find('team/other:v1', 'team/other')
    expect(await made.find('team/app:v1')).toMatchObject({ digest: layer('team/app:v1'), lists: 0 })
    await using full = await withImages(42)
    await full.find('team/app:v1')
    await full.find('team/other:v1', 'team/other')
    expect(await full.find('team/app:v1')).toMatchObject({ digest: layer('team/app:v1'), lists: 1 })
    await using small = await withImages(10)
    for (let round = 0; round < 2; round++)
      expect(await small.find('team/app:v1')).toMatchObject({ digest: layer('team/app:v1'), lists: 1 })
  })
})
