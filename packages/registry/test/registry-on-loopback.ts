import { once } from 'node:events'
import { createServer } from 'node:http'
import { type Descriptor, type Digest, digestOf, type ImageStore, MEDIA_TYPES, MemoryStore } from '@ct/image'
import { createRegistry, type RegistryOptions } from '../src/create-registry.ts'

/** A registry over a memory store, listening for one test. */
export async function registryOnLoopback(options: Partial<RegistryOptions> = {}) {
  const store: ImageStore = options.store ?? new MemoryStore()
  const registry = createRegistry({ store, ...options })
  const server = createServer(registry)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}`
  return {
    store,
    registry,
    host: `127.0.0.1:${address.port}`,
    call: (method: string, path: string, init: RequestInit = {}) => fetch(path.startsWith('http') ? path : url + path, { method, ...init }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      await registry[Symbol.asyncDispose]()
    },
  }
}

/** A registry under test. */
export type TestRegistry = Awaited<ReturnType<typeof registryOnLoopback>>

/** Pushes a blob in one request. */
export async function pushBlob({ call }: TestRegistry, repository: string, bytes: Buffer): Promise<Descriptor> {
  const digest = digestOf(bytes)
  const answer = await call('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: new Uint8Array(bytes) })
  if (answer.status !== 201) throw new Error(`push answered ${answer.status}: ${await answer.text()}`)
  return { mediaType: MEDIA_TYPES.ociLayer, digest, size: bytes.length }
}

/** Pushes an image of one layer, and gives its manifest as bytes. */
export async function pushImage(registry: TestRegistry, repository: string, tag: string): Promise<Buffer> {
  const layer = await pushBlob(registry, repository, Buffer.from(`layer of ${repository}:${tag}`))
  const config = await pushBlob(registry, repository, Buffer.from('{}'))
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: { ...config, mediaType: MEDIA_TYPES.ociConfig },
    layers: [layer],
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  const answer = await putManifest(registry, `${repository}/manifests/${tag}`, bytes)
  if (answer.status !== 201) throw new Error(`push answered ${answer.status}: ${await answer.text()}`)
  return bytes
}

/** What {@link pushArtifact} makes. */
export interface TestArtifact {
  readonly subject: Digest
  readonly artifactType: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** Pushes a manifest that is about another one, by its digest. */
export async function pushArtifact(registry: TestRegistry, repository: string, artifact: TestArtifact) {
  const empty = await pushBlob(registry, repository, Buffer.from('{}'))
  const { subject, ...rest } = artifact
  const config = { ...empty, mediaType: 'application/vnd.oci.empty.v1+json' }
  const described = { mediaType: MEDIA_TYPES.ociManifest, digest: subject, size: 7 }
  const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, ...rest, config, layers: [config], subject: described }
  const bytes = Buffer.from(JSON.stringify(manifest))
  const digest = digestOf(bytes)
  const answer = await putManifest(registry, `${repository}/manifests/${digest}`, bytes)
  if (answer.status !== 201) throw new Error(`push answered ${answer.status}: ${await answer.text()}`)
  return { digest, size: bytes.length, answer }
}

/** PUTs bytes as an OCI manifest. */
export function putManifest({ call }: TestRegistry, path: string, bytes: Buffer): Promise<Response> {
  return call('PUT', `/v2/${path}`, { body: new Uint8Array(bytes), headers: { 'content-type': MEDIA_TYPES.ociManifest } })
}
