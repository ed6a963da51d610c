import { type Digest, digestOf, type Manifest, MEDIA_TYPES, MemoryStore } from '@ct/image'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { countedStore } from '../counted-store.ts'
import { errorCodeOf } from '../error-code.ts'
import { pushBlob, pushImage, putManifest, registryOnLoopback, type TestRegistry } from '../registry-on-loopback.ts'

let registry: TestRegistry
beforeEach(async () => {
  registry = await registryOnLoopback()
})
afterEach(() => registry[Symbol.asyncDispose]())

describe('a manifest', () => {
  it('pushed by digest gets the tags of the query at once', async () => {
    const manifest = await pushImage(registry, 'team/app', 'v1')
    const answer = await putManifest(registry, `team/app/manifests/${digestOf(manifest)}?tag=a&tag=b`, manifest)
    expect([answer.status, answer.headers.get('oci-tag')]).toEqual([201, 'a, b'])
    expect((await registry.call('HEAD', '/v2/team/app/manifests/b')).headers.get('docker-content-digest')).toBe(digestOf(manifest))
  })

  it.each(['tag=-bad', 'tag=..', `${'tag=a&'.repeat(100)}tag=b`])('is refused with the tags %s', async (query) => {
    const manifest = await pushImage(registry, 'team/app', 'v1')
    const answer = await putManifest(registry, `team/app/manifests/${digestOf(manifest)}?${query}`, manifest)
    expect([answer.status, await errorCodeOf(answer)]).toEqual([400, 'MANIFEST_INVALID'])
  })

  it('costs what it names, not how often', async () => {
    const { store, calls } = countedStore(new MemoryStore())
    await using counted = await registryOnLoopback({ store })
    const { config, layers } = JSON.parse((await pushImage(counted, 'team/app', 'v1')).toString()) as Manifest
    const costOf = async (times: number): Promise<number> => {
      const manifest = {
        schemaVersion: 2,
        mediaType: MEDIA_TYPES.ociManifest,
        config,
        layers: Array.from({ length: times }, () => layers[0]),
      }
      calls.clear()
      expect((await putManifest(counted, 'team/app/manifests/v2', Buffer.from(JSON.stringify(manifest)))).status).toBe(201)
      return [...calls.values()].reduce((sum, count) => sum + count, 0)
    }
    expect(await costOf(1000)).toBe(await costOf(2))
  })

  it.each(['.hidden', '-x', 'a'.repeat(129), 'a%20b', '%2e%2e'])('is refused under the tag %j', async (tag) => {
    const manifest = await pushImage(registry, 'team/app', 'v1')
    const answer = await putManifest(registry, `team/app/manifests/${tag}`, manifest)
    expect([answer.status, await errorCodeOf(answer)]).toEqual(tag === '%2e%2e' ? [404, 'NAME_UNKNOWN'] : [400, 'MANIFEST_INVALID'])
  })

  it('pushed under sha512 is found by it, blobs too', async () => {
    const manifest = await pushImage(registry, 'team/app', 'v1')
    const digest = digestOf(manifest, 'sha512')
    expect((await putManifest(registry, `team/app/manifests/${digest}`, manifest)).status).toBe(201)
    const answer = await registry.call('GET', `/v2/team/app/manifests/${digest}`)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(manifest)
    const begun = await registry.call('POST', '/v2/team/app/blobs/uploads/')
    const blob = digestOf('sha512 only at the end', 'sha512')
    const location = `${begun.headers.get('location')}?digest=${blob}`
    expect((await registry.call('PUT', location, { body: 'sha512 only at the end' })).status).toBe(201)
    expect(await (await registry.call('GET', `/v2/team/app/blobs/${blob}`)).text()).toBe('sha512 only at the end')
  })

  it('of a type that its bytes deny is refused', async () => {
    const manifest = await pushImage(registry, 'team/app', 'v1')
    const headers = { 'content-type': MEDIA_TYPES.ociIndex }
    const answer = await registry.call('PUT', '/v2/team/app/manifests/v2', { body: new Uint8Array(manifest), headers })
    expect([answer.status, await errorCodeOf(answer)]).toEqual([400, 'MANIFEST_INVALID'])
  })

  it('of a sparse registry may name what is not here', async () => {
    await using sparse = await registryOnLoopback({ isSparse: true })
    const manifest = await pushImage(registry, 'team/app', 'v1')
    expect((await putManifest(sparse, 'team/app/manifests/v1', manifest)).status).toBe(201)
  })

  it('names a blob of another repository in vain', async () => {
    const manifest = await pushImage(registry, 'team/app', 'v1')
    const answer = await putManifest(registry, 'team/other/manifests/v1', manifest)
    expect([answer.status, await errorCodeOf(answer)]).toEqual([404, 'MANIFEST_BLOB_UNKNOWN'])
  })

  it('of an index names manifests that are here', async () => {
    const manifest = await pushImage(registry, 'team/app', 'v1')
    const indexOf = (digest: Digest): Buffer =>
      Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: MEDIA_TYPES.ociIndex,
          manifests: [{ mediaType: MEDIA_TYPES.ociManifest, digest, size: manifest.length }],
        }),
      )
    const put = (bytes: Buffer) =>
      registry.call('PUT', '/v2/team/app/manifests/all', {
        body: new Uint8Array(bytes),
        headers: { 'content-type': MEDIA_TYPES.ociIndex },
      })
    expect((await put(indexOf(digestOf('absent')))).status).toBe(404)
    expect((await put(indexOf(digestOf(manifest)))).status).toBe(201)
  })

  it('is written by many at once under one tag: one of them wins, whole', async () => {
    const layers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => pushBlob(registry, 'team/app', Buffer.from(`layer ${index}`))),
    )
    const config = await pushBlob(registry, 'team/app', Buffer.from('{}'))
    const manifests = layers.map((layer) =>
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config, layers: [layer] })),
    )
    const answers = await Promise.all(manifests.map((bytes) => putManifest(registry, 'team/app/manifests/latest', bytes)))
    expect(answers.map(({ status }) => status)).toEqual(manifests.map(() => 201))
    const winner = Buffer.from(await (await registry.call('GET', '/v2/team/app/manifests/latest')).arrayBuffer())
    expect(manifests.map(String)).toContain(winner.toString())
  })

  it('that the client has already is not sent again', async () => {
    const digest = digestOf(await pushImage(registry, 'team/app', 'v1'))
    const answer = await registry.call('GET', '/v2/team/app/manifests/v1', { headers: { 'if-none-match': `"${digest}"` } })
    expect([answer.status, await answer.text()]).toEqual([304, ''])
  })
})
