import { once } from 'node:events'
import { createServer } from 'node:http'
import { type Descriptor, digestOf, hostPlatform, MEDIA_TYPES, MemoryStore } from '@ct/image'
import { createRegistry } from '@ct/registry'
import { pack } from 'tar-stream'

/** An image of two layers in a registry of our own, in memory. */
export async function serveSampleImage(): Promise<{ readonly reference: string; close(): Promise<void> }> {
  const store = new MemoryStore()
  const server = createServer(createRegistry({ store }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const host = `127.0.0.1:${address.port}`
  await putImage(store, 'localhost/sample:1')
  return {
    reference: `${host}/sample:1`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function putImage(store: MemoryStore, reference: string): Promise<void> {
  const layers = [
    await layer({ greeting: 'hello\n', removed: 'soon gone\n' }),
    await layer({ greeting: 'hello from the second layer\n', '.wh.removed': '' }),
  ]
  const { os, architecture } = hostPlatform()
  const config = { os, architecture, config: {}, rootfs: { type: 'layers', diff_ids: layers.map((bytes) => digestOf(bytes)) } }
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: await put(store, MEDIA_TYPES.ociConfig, Buffer.from(JSON.stringify(config))),
    layers: await Promise.all(layers.map((bytes) => put(store, MEDIA_TYPES.ociLayer, bytes))),
  }
  await store.tag(await put(store, MEDIA_TYPES.ociManifest, Buffer.from(JSON.stringify(manifest))), reference)
}

async function put(store: MemoryStore, mediaType: string, bytes: Buffer): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length }
  await store.push(descriptor, bodyOf(bytes))
  // By this reference the registry knows that it belongs to the repository.
  await store.tag(descriptor, `localhost/sample@${descriptor.digest}`)
  return descriptor
}

async function* bodyOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function layer(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
  tar.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of tar) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}
