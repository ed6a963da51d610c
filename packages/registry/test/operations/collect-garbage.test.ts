import { digestOf, type ImageStore, MEDIA_TYPES, MemoryStore } from '@ct/image'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pushArtifact, pushBlob, pushImage, registryOnLoopback, type TestRegistry } from '../registry-on-loopback.ts'

let store: ImageStore
let registry: TestRegistry
beforeEach(async () => {
  store = new MemoryStore()
  registry = await registryOnLoopback({ store })
})
afterEach(() => registry[Symbol.asyncDispose]())

const has = async (path: string): Promise<boolean> => (await registry.call('HEAD', `/v2/${path}`)).status === 200

describe('a collection', () => {
  it('removes a blob that no manifest names, but not before its grace has ended', async () => {
    const { digest } = await pushBlob(registry, 'team/app', Buffer.from('alone'))
    expect((await registry.registry.collect()).links).toBe(0)
    expect(await has(`team/app/blobs/${digest}`)).toBe(true)
    expect(await registry.registry.collect({ graceMs: 0 })).toEqual({
      damaged: [],
      tags: [],
      manifests: 0,
      links: 1,
      removed: [digest],
      freedBytes: 5,
    })
    expect(await has(`team/app/blobs/${digest}`)).toBe(false)
  })

  it('frees what a deleted image had alone, and keeps what others have', async () => {
    const manifest = await pushImage(registry, 'team/app', 'v1')
    const shared = digestOf('layer of team/app:v1')
    await registry.call('POST', `/v2/other/app/blobs/uploads/?mount=${shared}&from=team/app`)
    await pushImage(registry, 'team/kept', 'v1')
    await registry.call('DELETE', `/v2/team/app/manifests/${digestOf(manifest)}`)
    const { removed } = await registry.registry.collect({ graceMs: 0 })
    expect(removed).toContain(digestOf(manifest))
    expect(await has('team/kept/manifests/v1')).toBe(true)
    expect(await has(`team/kept/blobs/${digestOf('layer of team/kept:v1')}`)).toBe(true)
    expect(await has(`team/app/blobs/${shared}`)).toBe(false)
  })

  it('removes untagged manifests only when told to, with what is about them, but nothing that an index or tag needs', async () => {
    const old = await pushImage(registry, 'team/app', 'v1')
    await registry.call('DELETE', '/v2/team/app/manifests/v1')
    const signature = await pushArtifact(registry, 'team/app', { subject: digestOf(old), artifactType: 'a/signature' })
    const kept = await pushImage(registry, 'team/app', 'v2')
    const keptSignature = await pushArtifact(registry, 'team/app', { subject: digestOf(kept), artifactType: 'a/signature' })
    const early = await pushArtifact(registry, 'team/app', { subject: digestOf('not here yet'), artifactType: 'a/signature' })
    const index = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf(kept), size: kept.length }
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [index] }))
    await registry.call('PUT', '/v2/team/app/manifests/all', {
      body: new Uint8Array(bytes),
      headers: { 'content-type': MEDIA_TYPES.ociIndex },
    })
    await registry.call('DELETE', '/v2/team/app/manifests/v2')
    expect((await registry.registry.collect({ graceMs: 0 })).manifests).toBe(0)
    expect(await has(`team/app/manifests/${digestOf(old)}`)).toBe(true)
    expect((await registry.registry.collect({ graceMs: 0, removesUntagged: true })).manifests).toBe(2)
    expect(await has(`team/app/manifests/${digestOf(old)}`)).toBe(false)
    expect(await has(`team/app/manifests/${signature.digest}`)).toBe(false)
    for (const digest of [digestOf(kept), keptSignature.digest, early.digest]) expect(await has(`team/app/manifests/${digest}`)).toBe(true)
  })
})
