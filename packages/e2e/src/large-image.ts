import { createCipheriv } from 'node:crypto'
import { createDigester, type Descriptor, digestOf, MEDIA_TYPES, OciLayout } from '@ct/image'

const blockBytes = 1024 * 1024

/** An image of layers that nothing can compress, in a new OCI layout; they are no archives, so it can be copied but not unpacked. */
export async function writeLargeImage(directory: string, ref: string, layerSizes: readonly number[]): Promise<void> {
  const layout = await OciLayout.open(directory)
  const layers: Descriptor[] = []
  for (const [index, size] of layerSizes.entries()) {
    const digester = createDigester('sha256')
    for (const chunk of noise(index, size)) digester.update(chunk)
    const layer = { mediaType: MEDIA_TYPES.ociLayerGzip, digest: digester.digest(), size }
    await layout.push(layer, streamOf(noise(index, size)))
    layers.push(layer)
  }
  const diffIds = layers.map(({ digest }) => digest)
  const config = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: diffIds } }
  const configBlob = await pushJson(layout, MEDIA_TYPES.ociConfig, config)
  const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config: configBlob, layers }
  await layout.tag(await pushJson(layout, MEDIA_TYPES.ociManifest, manifest), ref)
}

async function pushJson(layout: OciLayout, mediaType: string, value: object): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(value))
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  await layout.push(descriptor, streamOf([bytes]))
  return descriptor
}

/** Always the same bytes for the same seed. */
function* noise(seed: number, sizeBytes: number): Generator<Uint8Array, void, undefined> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  for (let left = sizeBytes; left > 0; left -= blockBytes) yield cipher.update(Buffer.alloc(Math.min(blockBytes, left)))
}

async function* streamOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks
}
