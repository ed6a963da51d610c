import type { Digest } from '../digest.ts'
import { ImageError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { IngestTarget } from '../target.ts'
import { ArchiveContents } from './archive-contents.ts'
import { dockerImages, type LoadedImage } from './docker-images.ts'
import { layoutImages } from './layout-images.ts'

/** Options of {@link loadArchive}. */
export interface LoadArchiveOptions {
  /** Which image of an index; `'all'` keeps the index. @default this machine's */
  readonly platform?: Platform | 'all' | undefined
  /** An aborted load leaves blobs that nothing refers to, and no reference. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Loads what `docker save`, podman, skopeo or buildah wrote into a target: a docker archive, old or new, or an OCI layout as a tar,
 * gzipped or not. Blobs stream straight into the target; references are set when every image is complete.
 * @throws ImageError `IMAGE_BAD_ARCHIVE`, `IMAGE_TOO_LARGE`, `IMAGE_DIGEST_MISMATCH` and what {@link readImage} throws
 */
export async function loadArchive(
  target: IngestTarget,
  archive: AsyncIterable<Uint8Array>,
  { platform, signal }: LoadArchiveOptions = {},
): Promise<readonly LoadedImage[]> {
  signal?.throwIfAborted()
  using _lease = target.lease?.()
  const contents = await ArchiveContents.read(target, archive, signal)
  const isLayout = contents.document('index.json') !== undefined
  const images = isLayout ? await layoutImages(target, contents, { platform, signal }) : await dockerImages(target, contents, signal)
  if (images.length === 0) {
    throw new ImageError(
      'IMAGE_BAD_ARCHIVE',
      'the archive holds no image: it has neither index.json nor manifest.json, or they are empty',
      {
        kind: 'invalid',
        hint: 'load takes what "save" wrote; a tar of a file system is imported instead',
      },
    )
  }
  checkReferences(images)
  signal?.throwIfAborted()
  for (const { references, descriptor } of images) {
    for (const reference of references) await target.tag(descriptor, reference)
  }
  return images
}

function checkReferences(images: readonly LoadedImage[]): void {
  const digests = new Map<string, Digest>()
  for (const { references, descriptor } of images) {
    for (const reference of references) {
      if ((digests.get(reference) ?? descriptor.digest) !== descriptor.digest) {
        throw new ImageError('IMAGE_BAD_ARCHIVE', `the archive has two images called ${reference}`, { kind: 'invalid' })
      }
      digests.set(reference, descriptor.digest)
    }
  }
}
