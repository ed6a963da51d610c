import { type Descriptor, digestOf, type ImageStore, MemoryStore } from '@ct/image'
import { expect, it } from 'vitest'
import { pushImage, putManifest, registryOnLoopback } from '../registry-on-loopback.ts'

/** The same store for two registries, with a moment at which one of them is interrupted by the other. */
function interrupted(store: ImageStore, method: 'untag' | 'tag', interrupt: (ref: string) => Promise<void>): ImageStore {
  return new Proxy(store, {
    get(target, key) {
      const value = Reflect.get(target, key) as unknown
      if (key !== method) return typeof value === 'function' ? value.bind(target) : value
      return async (...args: [never, never]) => {
        const result = await (value as (...all: readonly unknown[]) => Promise<unknown>).apply(target, args)
        await interrupt(String(method === 'tag' ? args[1] : args[0]))
        return result
      }
    },
  })
}

it('a manifest that another registry tags while this one collects it comes back with its blobs', async () => {
  const store = new MemoryStore()
  await using other = await registryOnLoopback({ store })
  const image = await pushImage(other, 'team/app', 'v1')
  await other.call('DELETE', '/v2/team/app/manifests/v1')
  let isTagged = false
  const between = interrupted(store, 'untag', async () => {
    if (isTagged) return
    isTagged = true
    await store.tag(JSON.parse(described(image)) as Descriptor, 'localhost/team/app:again')
  })
  await using collecting = await registryOnLoopback({ store: between })
  await collecting.registry.collect({ graceMs: 0, removesUntagged: true })
  for (const path of ['manifests/again', `manifests/${digestOf(image)}`, `blobs/${digestOf('layer of team/app:v1')}`])
    expect([path, (await other.call('HEAD', `/v2/team/app/${path}`)).status]).toEqual([path, 200])
})

it('blobs that another registry takes out of the repository while a manifest comes are put in again', async () => {
  const store = new MemoryStore()
  await using other = await registryOnLoopback({ store })
  const image = await pushImage(other, 'team/app', 'v1')
  await other.call('DELETE', `/v2/team/app/manifests/${digestOf(image)}`)
  const layer = digestOf('layer of team/app:v1')
  const between = interrupted(store, 'tag', async (ref) => {
    if (ref.endsWith(digestOf(image))) await store.untag(`localhost/team/app@${layer}`)
  })
  await using pushing = await registryOnLoopback({ store: between })
  expect((await putManifest(pushing, 'team/app/manifests/v2', image)).status).toBe(201)
  expect((await other.call('HEAD', `/v2/team/app/blobs/${layer}`)).status).toBe(200)
})

function described(manifest: Buffer): string {
  return JSON.stringify({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf(manifest), size: manifest.length })
}
