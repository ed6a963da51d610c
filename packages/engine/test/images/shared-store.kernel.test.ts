import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ContentStore, type Descriptor, type Digest, digestOf, type Manifest, MEDIA_TYPES, parseManifest, readBlob } from '@ct/image'
import { createRegistry } from '@ct/registry'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestEngine } from '../test-engine.ts'

let test: TestEngine
beforeEach(async () => {
  test = await TestEngine.start()
})
afterEach(() => test[Symbol.asyncDispose]())

const config = Buffer.from('{}')
const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(config), size: config.length }

/** A registry on the engine's own store, while the engine is closed. */
async function withRegistry(work: (url: string, store: ContentStore) => Promise<void>): Promise<void> {
  await test.reopen(async () => {
    const store = await ContentStore.open(test.root)
    await using registry = createRegistry({ store })
    const server = createServer(registry)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/team/box`, store)
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
}

async function putManifest(url: string, reference: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const headers = { 'content-type': MEDIA_TYPES.ociManifest }
  const { status } = await fetch(`${url}/manifests/${reference}`, { method: 'PUT', body: bytes, headers })
  expect(status).toBe(201)
}

async function pushBlob(url: string, bytes: Uint8Array): Promise<void> {
  const { status } = await fetch(`${url}/blobs/uploads/?digest=${digestOf(bytes)}`, { method: 'POST', body: Uint8Array.from(bytes) })
  expect(status).toBe(201)
}

/** Pushes the busybox image as `team/box:v1`, and a signature of it; gives the signature's digest. */
async function pushSigned(url: string, store: ContentStore): Promise<Digest> {
  const root = await store.resolve('busybox:test')
  const manifest = await readBlob(store, root)
  const { config: own, layers } = parseManifest(manifest) as Manifest
  const otherConfig = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(await readBlob(store, own)).toString()), author: 'another' }))
  for (const blob of [own, ...layers]) await pushBlob(url, await readBlob(store, blob, { maxBytes: blob.size }))
  for (const bytes of [config, otherConfig]) await pushBlob(url, bytes)
  await putManifest(url, 'v1', Uint8Array.from(manifest))
  // An image that is part of an index, say: it has no tag.
  const other = { ...own, digest: digestOf(otherConfig), size: otherConfig.length }
  const part = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config: other, layers }))
  await putManifest(url, digestOf(part), Uint8Array.from(part))
  const about = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, artifactType: 'a/signature', config: empty, layers: [empty] }
  const signature = Uint8Array.from(Buffer.from(JSON.stringify({ ...about, subject: root })))
  await putManifest(url, digestOf(signature), signature)
  return digestOf(signature)
}

const referrersOf = async (url: string, { digest }: Descriptor): Promise<string[]> => {
  const { manifests } = (await (await fetch(`${url}/referrers/${digest}`)).json()) as { manifests: Descriptor[] }
  return manifests.map((manifest) => manifest.digest)
}

const notesIn = async (store: ContentStore) => {
  const all = await store.listRefs(undefined, { hasInternal: true })
  return all.map(({ reference }) => reference).filter((reference) => /^referrers\.ct\.invalid\/.*@/.test(reference))
}

describe('an engine on the store of a registry', () => {
  it('has the images of it, but not what the registry keeps for itself', async () => {
    await withRegistry(async (url, store) => void (await pushSigned(url, store)))
    const images = await test.engine.images.list()
    expect(images.map(({ repoTags }) => [...repoTags].sort())).toEqual([['busybox:test', 'localhost/team/box:v1']])
    expect(test.log.join('\n')).not.toContain('cannot be read')
    const reserved = 'referrers.ct.invalid/team/box:1'
    await expect(test.engine.images.tag('busybox:test', reserved)).rejects.toMatchObject({ code: 'ENGINE_INVALID' })
  })

  it('leaves referrers alone as long as the registry has them, and their notes no longer', async () => {
    let signature: Digest | undefined
    let root: Descriptor | undefined
    await withRegistry(async (url, store) => {
      signature = await pushSigned(url, store)
      root = await store.resolve('busybox:test')
    })
    await test.engine.images.prune({ all: true })
    await withRegistry(async (url, store) => {
      expect(root && (await referrersOf(url, root))).toEqual([signature])
      expect(await notesIn(store)).toHaveLength(1)
      // What a registry that was killed in the middle of a deletion leaves.
      await store.untag(`localhost/team/box@${signature}`)
    })
    await test.engine.images.prune({ all: true })
    await withRegistry(async (url, store) => {
      expect(await notesIn(store)).toEqual([])
      expect(signature && (await store.info(signature))).toBeUndefined()
      expect(root && (await referrersOf(url, root))).toEqual([])
    })
  })
})
