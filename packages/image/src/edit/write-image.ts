import { bodyOf } from '../body-of.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestOf } from '../digest.ts'
import { ImageError } from '../errors.ts'
import { MEDIA_TYPES } from '../media-types.ts'
import type { CallOptions, Target } from '../target.ts'
import type { ImageDraft } from './image-draft.ts'

/**
 * Stores the config and the manifest of a draft in a target that has its layers already, and gives the manifest's descriptor; equal
 * drafts give equal images. To let a reference stand for it, `tag` it.
 * @throws ImageError `IMAGE_NO_BLOB` when a layer is not there
 */
export async function writeImage(target: Target, draft: ImageDraft, { signal }: CallOptions = {}): Promise<Descriptor> {
  using _lease = target.lease?.()
  for (const { descriptor } of draft.layers) {
    if (await target.has(descriptor, { signal })) continue
    throw new ImageError('IMAGE_NO_BLOB', `the layer ${descriptor.digest} of the image is not where it is to be written`, {
      kind: 'not-found',
      hint: 'copy the image that it comes from there first, or push the layer',
    })
  }
  const isDocker = draft.format === 'docker'
  const config = await push(target, draft.config, isDocker ? MEDIA_TYPES.dockerConfig : MEDIA_TYPES.ociConfig)
  const mediaType = isDocker ? MEDIA_TYPES.dockerManifest : MEDIA_TYPES.ociManifest
  const layers = draft.layers.map(({ descriptor }) => descriptor)
  const annotations = Object.keys(draft.annotations).length === 0 ? {} : { annotations: draft.annotations }
  return push(target, { schemaVersion: 2, mediaType, config, layers, ...annotations }, mediaType)
}

async function push(target: Target, document: object, mediaType: string): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(document))
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  await target.push(descriptor, bodyOf(bytes))
  return descriptor
}
