import { chooseManifest } from '../choose-manifest.ts'
import { ANNOTATIONS, type Descriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import { ImageError } from '../errors.ts'
import { isIndex, parseManifest } from '../manifest.ts'
import { isIndexMediaType, isManifestMediaType, MEDIA_TYPES } from '../media-types.ts'
import { hostPlatform, type Platform } from '../platform.ts'
import { descriptorsOf } from '../reachable.ts'
import { readBlob } from '../read-blob.ts'
import { readImage } from '../read-image.ts'
import { formatReference, parseReference } from '../reference.ts'
import type { IngestTarget } from '../target.ts'
import type { ArchiveContents } from './archive-contents.ts'
import { dockerArchiveEntries, type LoadedImage, repoTags } from './docker-images.ts'

/** Which images of an index are wanted. */
interface Choice {
  readonly platform: Platform | 'all' | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * The images of an archived OCI layout. Their names stand in its index, as containerd or the image spec write them, or, in an
 * archive of `docker save`, in the `manifest.json` beside it.
 */
export async function layoutImages(
  target: IngestTarget,
  contents: ArchiveContents,
  { platform, signal }: Choice,
): Promise<readonly LoadedImage[]> {
  const bytes = contents.document('index.json')
  const index = bytes === undefined ? undefined : parseManifest(bytes, { mediaType: MEDIA_TYPES.ociIndex })
  const images = new Map<Digest, LoadedImage>()
  const complete = new Set<Digest>()
  const named = dockerArchiveEntries(contents).map((entry) => ({
    imageId: contents.file(entry.Config).digest,
    references: repoTags(entry),
  }))
  for (const entry of index !== undefined && isIndex(index) ? index.manifests : []) {
    if (!isIndexMediaType(entry.mediaType) && !isManifestMediaType(entry.mediaType)) continue
    const root = plain(platform === 'all' ? entry : await chooseManifest(target, entry, { platform: platform ?? hostPlatform(), signal }))
    await checkComplete(target, root, { complete, signal })
    const { imageId } = await readImage(target, root, { signal, ...(platform !== 'all' && { platform }) })
    const references = [
      ...(images.get(root.digest)?.references ?? []),
      ...namesOf(entry),
      ...named.flatMap((it) => (it.imageId === imageId ? it.references : [])),
    ]
    images.set(root.digest, { references: [...new Set(references)], descriptor: root, imageId })
  }
  return [...images.values()]
}

/** A bare tag says nothing about the repository, so it names no image. */
function namesOf({ annotations = {} }: Descriptor): readonly string[] {
  const refName = annotations[ANNOTATIONS.refName]
  const name = annotations[ANNOTATIONS.imageName] ?? (refName !== undefined && /[:/]/.test(refName) ? refName : undefined)
  return name === undefined ? [] : [formatReference(parseReference(name))]
}

/** Looks at each descriptor once: an index may name the same one any number of times, and so may every index in it. */
async function checkComplete(
  target: IngestTarget,
  descriptor: Descriptor,
  { complete, signal }: { readonly complete: Set<Digest>; readonly signal: AbortSignal | undefined },
): Promise<void> {
  if (complete.has(descriptor.digest)) return
  complete.add(descriptor.digest)
  if (!(await target.has(descriptor))) {
    throw new ImageError('IMAGE_BAD_ARCHIVE', `the archive lacks ${descriptor.digest} (${descriptor.mediaType})`, {
      kind: 'corrupt',
      hint: 'it was saved without this platform, or cut short',
    })
  }
  if (!isIndexMediaType(descriptor.mediaType) && !isManifestMediaType(descriptor.mediaType)) return
  const { subject: _, ...manifest } = parseManifest(await readBlob(target, descriptor, { signal }), descriptor)
  for (const child of descriptorsOf(manifest)) await checkComplete(target, child, { complete, signal })
}

function plain({ mediaType, digest, size, platform }: Descriptor): Descriptor {
  return { mediaType, digest, size, ...(platform !== undefined && { platform }) }
}
