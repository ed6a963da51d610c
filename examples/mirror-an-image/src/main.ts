import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { appendLayer, bodyOf, copy, type Descriptor, digestOf, emptyDraft, MEDIA_TYPES, MemoryStore, writeImage } from '@ct/image'
import { packLayer } from '@ct/layerfs'
import { serveRegistry } from '@ct/registry'
import { createRegistryClient, loadDockerCredentials, type RepositoryTarget } from '@ct/registry-client'

// `npm start -- registry.example/team/app:1 mirror.example/team/app` mirrors an image of yours; without arguments, one of our own.
const [given, mirror] = process.argv.slice(2)
const scratch = await mkdtemp('/var/tmp/ct-mirror-')
await using client = createRegistryClient({
  credentials: loadDockerCredentials(),
  onWarning: ({ registry, text }) => console.log(`${registry} says: ${text}`),
})
await using upstream = await serveRegistry({ root: join(scratch, 'upstream'), port: 0 })
await using downstream = await serveRegistry({ root: join(scratch, 'downstream'), port: 0 })
try {
  const reference = given ?? (await pushSigned(client.repository(`${new URL(upstream.url).host}/team/app`)))
  const [, name = '', tag = ''] = /^(.*):([^/:]+)$/.exec(reference) ?? []
  const from = client.repository(name)
  const to = client.repository(mirror ?? `${new URL(downstream.url).host}/team/app`)

  const mirrored = await copy(from, to, tag, { platform: 'all', referrers: true, onProgress: report })
  console.log(`${reference} is ${to.registry}/${to.repository}@${mirrored.digest}`)

  if (given === undefined) {
    const signatures: Descriptor[] = []
    for await (const referrer of to.referrers(mirrored)) signatures.push(referrer)
    assert.deepEqual(
      signatures.map(({ artifactType }) => artifactType),
      ['application/vnd.example.signature'],
    )
    assert.equal((await to.resolve(tag)).digest, mirrored.digest)
    const again: string[] = []
    await copy(from, to, tag, { platform: 'all', onProgress: ({ state }) => again.push(state) })
    assert.deepEqual(again, ['exists'], 'a mirror that is up to date costs one request')
  }
} finally {
  await upstream.close()
  await downstream.close()
  await rm(scratch, { recursive: true })
}

function report({ descriptor, state }: { readonly descriptor: Descriptor; readonly state: string }): void {
  if (state !== 'transferring') console.log(`${descriptor.digest.slice(7, 19)} ${state}`)
}

/** An image and something that says who made it, as cosign would push them. */
async function pushSigned(target: RepositoryTarget): Promise<string> {
  await writeFile(join(scratch, 'greeting'), 'hello')
  const store = new MemoryStore()
  const layer = await packLayer({ path: scratch }, store)
  const image = await writeImage(store, appendLayer(emptyDraft(), layer))
  await store.tag(image, 'app:1')
  await copy(store, target, 'app:1', { as: '1' })
  const config = await push(target, '{}', MEDIA_TYPES.ociEmpty)
  const signature = await push(target, 'signed, the maker', 'application/vnd.example.signature.v1')
  const artifactType = 'application/vnd.example.signature'
  const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, artifactType, config, layers: [signature], subject: image }
  await push(target, JSON.stringify(manifest), MEDIA_TYPES.ociManifest)
  return `${target.registry}/${target.repository}:1`
}

async function push(target: RepositoryTarget, text: string, mediaType: string): Promise<Descriptor> {
  const bytes = Buffer.from(text)
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length }
  await target.push(descriptor, bodyOf(bytes))
  return descriptor
}
