import { bodyOf, type Descriptor, digestOf, MEDIA_TYPES, MemoryStore } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { ManifestFacts } from '../src/manifest-facts.ts'
import { countedStore } from './counted-store.ts'

async function putManifest(store: MemoryStore, name: string): Promise<Descriptor> {
  const config = { mediaType: MEDIA_TYPES.ociConfig, digest: digestOf('{}'), size: 2 }
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config,
    layers: [],
    annotations: { name, text: 'x'.repeat(10_000) },
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  const descriptor = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf(bytes), size: bytes.length }
  await store.push(descriptor, bodyOf(bytes))
  return descriptor
}

describe('what manifests say', () => {
  it('is read once, and remembered as long as it is not too much', async () => {
    const memory = new MemoryStore()
    const manifests = await Promise.all(Array.from({ length: 6 }, (_, i) => putManifest(memory, `${i}`)))
    const { store, calls } = countedStore(memory)
    const facts = new ManifestFacts(store, { mostBytes: 40_000 })
    const readsOf = async (some: readonly Descriptor[]) => {
      calls.clear()
      for (const manifest of some) expect((await facts.of(manifest))?.children).toHaveLength(1)
      return calls.get('fetch') ?? 0
    }
    expect(await readsOf(manifests)).toBe(6)
    expect(await readsOf(manifests.slice(-3))).toBe(0)
    expect(await readsOf(manifests.slice(0, 1))).toBe(1)
    const small = new ManifestFacts(store, { mostBytes: 10 })
    expect((await small.of(manifests[0] as Descriptor))?.referrer.annotations?.name).toBe('0')
  })
})
