import type { Descriptor } from '../descriptor.ts'
import { digestOf } from '../digest.ts'
import { MEDIA_TYPES } from '../media-types.ts'
import type { Platform } from '../platform.ts'
import type { Target } from '../target.ts'

/** A blob with its descriptor, for tests. */
export interface TestBlob {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/** An image made up for tests: its blobs and manifests, children first. */
export interface TestImage {
  readonly root: Descriptor
  readonly blobs: readonly TestBlob[]
}

/** Some bytes and the descriptor for them. */
export function testBlob(content: string | Uint8Array, mediaType: string = MEDIA_TYPES.ociLayer): TestBlob {
  const bytes = Buffer.from(content)
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength } }
}

/** An image whose layers hold the given bytes; they need not be tars unless somebody unpacks them. */
export function testImage(
  layerContents: readonly (string | Uint8Array)[],
  platform: Platform = { os: 'linux', architecture: 'amd64' },
): TestImage {
  const layers = layerContents.map((content) => testBlob(content))
  const diffIds = layers.map((layer) => layer.descriptor.digest)
  const config = testBlob(JSON.stringify({ ...platform, rootfs: { type: 'layers', diff_ids: diffIds } }), MEDIA_TYPES.ociConfig)
  const manifest = testBlob(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociManifest,
      config: config.descriptor,
      layers: layers.map((layer) => layer.descriptor),
    }),
    MEDIA_TYPES.ociManifest,
  )
  return { root: manifest.descriptor, blobs: [...layers, config, manifest] }
}

/** An index of one image for each platform. */
export function testIndex(images: readonly { readonly image: TestImage; readonly platform: Platform }[]): TestImage {
  const manifests = images.map(({ image, platform }) => ({ ...image.root, platform }))
  const index = testBlob(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests }), MEDIA_TYPES.ociIndex)
  return { root: index.descriptor, blobs: [...images.flatMap(({ image }) => image.blobs), index] }
}

/** Puts an image into a target under a reference. */
export async function pushTestImage(target: Target, image: TestImage, ref: string): Promise<void> {
  for (const { descriptor, bytes } of image.blobs) await target.push(descriptor, body(bytes))
  await target.tag(image.root, ref)
}

/** Bytes as a body, in chunks of a given size. */
export async function* body(
  bytes: Uint8Array,
  chunkBytes: number = Math.max(1, bytes.byteLength),
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

/** Everything that a body yields. */
export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
