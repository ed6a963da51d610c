import { ImageError } from './errors.ts'

/**
 * The media types of the OCI image spec and of Docker's image manifest version 2, schema 2.
 * @see https://github.com/opencontainers/image-spec/blob/main/media-types.md
 */
export const MEDIA_TYPES = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  ociForeignLayer: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
  ociForeignLayerGzip: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  ociForeignLayerZstd: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerLayerZstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
  dockerForeignLayer: 'application/vnd.docker.image.rootfs.foreign.diff.tar',
  dockerForeignLayerGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
} as const

/** How the tar of a layer is compressed. */
export type LayerCompression = 'gzip' | 'zstd' | 'none'

const compressions = new Map<string, LayerCompression>([
  [MEDIA_TYPES.ociLayer, 'none'],
  [MEDIA_TYPES.ociLayerGzip, 'gzip'],
  [MEDIA_TYPES.ociLayerZstd, 'zstd'],
  [MEDIA_TYPES.ociForeignLayer, 'none'],
  [MEDIA_TYPES.ociForeignLayerGzip, 'gzip'],
  [MEDIA_TYPES.ociForeignLayerZstd, 'zstd'],
  [MEDIA_TYPES.dockerLayer, 'none'],
  [MEDIA_TYPES.dockerLayerGzip, 'gzip'],
  [MEDIA_TYPES.dockerLayerZstd, 'zstd'],
  [MEDIA_TYPES.dockerForeignLayer, 'none'],
  [MEDIA_TYPES.dockerForeignLayerGzip, 'gzip'],
])

/** Whether it is an index: OCI's, or Docker's manifest list. */
export function isIndexMediaType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.ociIndex || mediaType === MEDIA_TYPES.dockerIndex
}

/** Whether it is the manifest of one image (not an index). */
export function isManifestMediaType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.ociManifest || mediaType === MEDIA_TYPES.dockerManifest
}

/** Whether it is a layer that can be unpacked. */
export function isLayerMediaType(mediaType: string): boolean {
  return compressions.has(mediaType)
}

/**
 * The compression that a layer's media type promises.
 * @throws ImageError `IMAGE_UNSUPPORTED_MEDIA_TYPE` when it is not a layer of a file system
 */
export function layerCompression(mediaType: string): LayerCompression {
  const compression = compressions.get(mediaType)
  if (compression === undefined) {
    throw new ImageError(
      'IMAGE_UNSUPPORTED_MEDIA_TYPE',
      `a blob of media type ${JSON.stringify(mediaType.slice(0, 200))} is not a file system layer`,
      {
        kind: 'unsupported',
        hint: 'this artifact is not a container image, or it was made for another kind of runtime',
      },
    )
  }
  return compression
}
