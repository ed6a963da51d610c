import { bodyOf } from '../body-of.ts'
import type { Descriptor } from '../descriptor.ts'
import { type Digest, digestOf } from '../digest.ts'
import { ImageError } from '../errors.ts'
import { parseImageConfig } from '../image-config.ts'
import type { Manifest } from '../manifest.ts'
import { MEDIA_TYPES } from '../media-types.ts'
import { parseDocument } from '../parse-document.ts'
import { readBlob } from '../read-blob.ts'
import { formatReference, parseReference } from '../reference.ts'
import { list, object, text } from '../shape.ts'
import type { IngestTarget } from '../target.ts'
import type { ArchiveContents, IngestedFile } from './archive-contents.ts'

/** What was found in an archive: an image in the target, and the references it is to have. */
export interface LoadedImage {
  /** In full; empty for an image without a name. */
  readonly references: readonly string[]
  /** Of the image's manifest (or of the index, when every platform was asked for). */
  readonly descriptor: Descriptor
  /** The digest of the config. */
  readonly imageId: Digest
}

/** One image in the `manifest.json` of a docker archive. */
export interface DockerArchiveEntry {
  readonly Config: string
  readonly RepoTags?: readonly string[]
  readonly Layers?: readonly string[]
}

const entriesShape = list(object<DockerArchiveEntry>({ Config: text(), RepoTags: list(text()), Layers: list(text()) }, ['Config']))

const layerTypes = { none: MEDIA_TYPES.ociLayer, gzip: MEDIA_TYPES.ociLayerGzip, zstd: MEDIA_TYPES.ociLayerZstd } as const

/** The entries of an archive's `manifest.json`; none when it has no such file. */
export function dockerArchiveEntries(contents: ArchiveContents): readonly DockerArchiveEntry[] {
  const bytes = contents.document('manifest.json')
  return bytes === undefined ? [] : parseDocument(bytes, entriesShape, { what: 'manifest.json of the archive', code: 'IMAGE_BAD_ARCHIVE' })
}

/** The references that an entry gives its image. */
export function repoTags({ RepoTags = [] }: DockerArchiveEntry): readonly string[] {
  return RepoTags.map((tag) => formatReference(parseReference(tag)))
}

/** Makes OCI manifests for the images of a docker archive; configs and layers stay byte for byte what they are. */
export async function dockerImages(target: IngestTarget, contents: ArchiveContents, signal?: AbortSignal): Promise<readonly LoadedImage[]> {
  const images: LoadedImage[] = []
  for (const entry of dockerArchiveEntries(contents)) {
    const { digest, size } = contents.file(entry.Config)
    const config: Descriptor = { mediaType: MEDIA_TYPES.ociConfig, digest, size }
    const { rootfs } = parseImageConfig(await readBlob(target, config, { signal }))
    const files = (entry.Layers ?? []).map((path) => contents.file(path))
    checkLayers(digest, files, rootfs.diff_ids)
    const manifest: Manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config, layers: files.map(layerDescriptor) }
    const bytes = Buffer.from(JSON.stringify(manifest))
    const descriptor: Descriptor = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf(bytes), size: bytes.byteLength }
    await target.push(descriptor, bodyOf(bytes), { signal })
    images.push({ references: repoTags(entry), descriptor, imageId: digest })
  }
  return images
}

function checkLayers(imageId: Digest, files: readonly IngestedFile[], diffIds: readonly Digest[]): void {
  if (files.length !== diffIds.length) {
    throw new ImageError(
      'IMAGE_BAD_ARCHIVE',
      `image ${imageId} has ${files.length} layers in the archive, its config names ${diffIds.length}`,
      {
        kind: 'corrupt',
      },
    )
  }
  for (const [i, file] of files.entries()) {
    if (file.compression === 'none' && file.digest !== diffIds[i]) {
      throw new ImageError(
        'IMAGE_DIGEST_MISMATCH',
        `layer ${i} of image ${imageId} has the content of ${file.digest}, not of ${diffIds[i]}`,
        {
          kind: 'corrupt',
        },
      )
    }
  }
}

function layerDescriptor({ digest, size, compression }: IngestedFile): Descriptor {
  if (compression === 'none' || compression === 'gzip' || compression === 'zstd')
    return { mediaType: layerTypes[compression], digest, size }
  throw new ImageError('IMAGE_BAD_ARCHIVE', `layer ${digest} is compressed with ${compression}, which cannot be read`, {
    kind: 'unsupported',
  })
}
