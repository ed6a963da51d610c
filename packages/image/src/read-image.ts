import { chooseManifest } from './choose-manifest.ts'
import type { Descriptor } from './descriptor.ts'
import type { Digest } from './digest.ts'
import { ImageError } from './errors.ts'
import { type ImageConfig, parseImageConfig } from './image-config.ts'
import { isIndex, type Manifest, parseManifest } from './manifest.ts'
import { isManifestMediaType, layerCompression, MEDIA_TYPES } from './media-types.ts'
import { formatPlatform, hostPlatform, type Platform, selectPlatform } from './platform.ts'
import { readBlob } from './read-blob.ts'
import type { Source } from './target.ts'

/** A layer as it is stored, and the digest of its uncompressed tar. */
export interface ImageLayer {
  readonly descriptor: Descriptor
  readonly diffId: Digest
}

/** What an image says about itself. */
export interface Image {
  readonly manifestDescriptor: Descriptor
  readonly manifest: Manifest
  readonly config: ImageConfig
  /** The digest of the config. */
  readonly imageId: Digest
  /** Lowest first. */
  readonly layers: readonly ImageLayer[]
}

/** Options of {@link readImage}. */
export interface ReadImageOptions {
  /** For an index: which image to take. When given, an image for another platform is refused. @default this machine's, from an index */
  readonly platform?: Platform | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads the manifest and config of an image and pairs its layers with their diffIDs.
 * @throws ImageError `IMAGE_NO_PLATFORM`, `IMAGE_BAD_MANIFEST`, `IMAGE_BAD_CONFIG`, `IMAGE_UNSUPPORTED_MEDIA_TYPE` for what is not a
 * container image
 */
export async function readImage(source: Source, descriptor: Descriptor, { platform, signal }: ReadImageOptions = {}): Promise<Image> {
  const manifestDescriptor = await chooseManifest(source, descriptor, { platform: platform ?? hostPlatform(), signal })
  if (!isManifestMediaType(manifestDescriptor.mediaType)) throw notAnImage(manifestDescriptor.digest, manifestDescriptor.mediaType)
  const manifest = parseManifest(await readBlob(source, manifestDescriptor, { signal }), manifestDescriptor)
  if (isIndex(manifest)) throw notAnImage(manifestDescriptor.digest, 'an index')
  const configType = manifest.config.mediaType
  if (configType !== MEDIA_TYPES.ociConfig && configType !== MEDIA_TYPES.dockerConfig)
    throw notAnImage(manifestDescriptor.digest, configType)
  const config = parseImageConfig(await readBlob(source, manifest.config, { signal }))
  if (platform !== undefined) checkPlatform(manifestDescriptor, config, platform)
  const { diff_ids: diffIds } = config.rootfs
  if (diffIds.length !== manifest.layers.length) {
    throw new ImageError(
      'IMAGE_BAD_CONFIG',
      `image ${manifestDescriptor.digest} has ${manifest.layers.length} layers, its config names ${diffIds.length}`,
      { kind: 'corrupt' },
    )
  }
  for (const { mediaType } of manifest.layers) layerCompression(mediaType)
  const layers = manifest.layers.flatMap((layer, i) => {
    const diffId = diffIds[i]
    return diffId === undefined ? [] : [{ descriptor: layer, diffId }]
  })
  return { manifestDescriptor, manifest, config, imageId: manifest.config.digest, layers }
}

/** An image without an index says in its config what it was built for. */
function checkPlatform(descriptor: Descriptor, config: ImageConfig, platform: Platform): void {
  const { os, architecture, variant } = config
  const built: Platform = { os, architecture, ...(variant !== undefined && { variant }) }
  try {
    selectPlatform({ schemaVersion: 2, manifests: [{ ...descriptor, platform: built }] }, platform)
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    throw new ImageError(
      'IMAGE_NO_PLATFORM',
      `image ${descriptor.digest} is for ${formatPlatform(built)}, not for ${formatPlatform(platform)}`,
      {
        kind: 'not-found',
        cause: error,
      },
    )
  }
}

function notAnImage(digest: Digest, what: string): ImageError {
  return new ImageError('IMAGE_UNSUPPORTED_MEDIA_TYPE', `${digest} is not a container image but ${what}`, {
    kind: 'unsupported',
    hint: 'it is an artifact of another kind; it can be copied, but not run',
  })
}
