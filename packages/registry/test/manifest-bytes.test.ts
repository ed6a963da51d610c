import { bodyOf, digestOf, MemoryStore } from '@ct/image'
import { expect, it } from 'vitest'
import { ManifestBytes } from '../src/manifest-bytes.ts'

const { signal } = new AbortController()

it('manifests are kept as long as they are asked for, and no more than fit', async () => {
  const store = new MemoryStore()
  const all = Array.from({ length: 12 }, (_, index) => Buffer.alloc(4 << 20, index))
  const descriptors = all.map((bytes) => ({ mediaType: 'a/b', digest: digestOf(bytes), size: bytes.length }))
  const manifests = new ManifestBytes(store, { trustedMs: 60_000 })
  const read = (index: number) => manifests.read(descriptors[index] as (typeof descriptors)[0], signal)
  for (const [index, bytes] of all.entries()) {
    await store.push(descriptors[index] as (typeof descriptors)[0], bodyOf(bytes))
    expect(digestOf(await read(index))).toBe(digestOf(bytes))
    await read(0)
  }
  for (const { digest } of descriptors) await store.remove(digest)
  const kept = await Promise.allSettled(descriptors.map((_, index) => read(index)))
  expect(kept.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))).toEqual([0, 5, 6, 7, 8, 9, 10, 11])
}, 20_000)

it('manifests that the store has lost are not served from memory for long', async () => {
  const store = new MemoryStore()
  const bytes = Buffer.from('a manifest')
  const descriptor = { mediaType: 'a/b', digest: digestOf(bytes), size: bytes.length }
  await store.push(descriptor, bodyOf(bytes))
  const manifests = new ManifestBytes(store, { trustedMs: 0 })
  for (let time = 0; time < 2; time++) expect(digestOf(await manifests.read(descriptor, signal))).toBe(descriptor.digest)
  await store.remove(descriptor.digest)
  await expect(manifests.read(descriptor, signal)).rejects.toMatchObject({ kind: 'not-found' })
})
