import { bodyOf } from '../body-of.ts'
import { ANNOTATIONS, type Descriptor } from '../descriptor.ts'
import { type Digest, digestAlgorithm, digestHex, isDigest } from '../digest.ts'
import type { Index } from '../manifest.ts'
import { MEDIA_TYPES } from '../media-types.ts'
import type { Platform } from '../platform.ts'
import { type Image, readImage } from '../read-image.ts'
import { familiarReference, formatReference, parseReference, type Reference } from '../reference.ts'
import type { Source } from '../target.ts'
import type { DockerArchiveEntry } from './docker-images.ts'
import { type PackedEntry, packTar } from './pack-tar.ts'

/** Options of {@link saveArchive}. */
export interface SaveArchiveOptions {
  /** Which image of an index. @default this machine's */
  readonly platform?: Platform | undefined
  readonly signal?: AbortSignal | undefined
}

/** An image to save and the tagged references that were asked for. */
interface Saved {
  readonly image: Image
  readonly names: Reference[]
}

/**
 * Writes images as `docker save` does: an OCI layout and a docker archive in one tar. Blobs stream; equal images give equal bytes.
 * An image asked for by digest has no name in the archive.
 */
export async function* saveArchive(
  source: Source,
  refs: readonly string[],
  options: SaveArchiveOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  options.signal?.throwIfAborted()
  const images = new Map<Digest, Saved>()
  for (const ref of refs) {
    const image = await readImage(source, await source.resolve(ref), options)
    const saved = images.get(image.manifestDescriptor.digest) ?? { image, names: [] }
    const name = isDigest(ref) ? undefined : parseReference(ref)
    const isNew = name !== undefined && !saved.names.some((it) => formatReference(it) === formatReference(name))
    if (isNew && name.tag !== undefined && name.digest === undefined) saved.names.push(name)
    images.set(image.manifestDescriptor.digest, saved)
  }
  yield* packTar(entries(source, [...images.values()], options.signal))
}

async function* entries(
  source: Source,
  images: readonly Saved[],
  signal: AbortSignal | undefined,
): AsyncGenerator<PackedEntry, void, undefined> {
  yield directory('blobs/')
  yield directory('blobs/sha256/')
  const written = new Set<Digest>()
  for (const { image } of images) {
    for (const descriptor of [image.manifest.config, ...image.manifest.layers, image.manifestDescriptor]) {
      if (written.has(descriptor.digest)) continue
      written.add(descriptor.digest)
      yield { name: blobPath(descriptor.digest), sizeBytes: descriptor.size, body: source.fetch(descriptor, { signal }) }
    }
  }
  yield json('index.json', index(images))
  yield json('manifest.json', images.map(dockerEntry))
  yield json('oci-layout', { imageLayoutVersion: '1.0.0' })
  yield json('repositories', repositories(images))
}

function index(images: readonly Saved[]): Index {
  const manifests = images.flatMap(({ image, names }): Descriptor[] => {
    const { mediaType, digest, size } = image.manifestDescriptor
    if (names.length === 0) return [{ mediaType, digest, size }]
    return names.map((name) => ({
      mediaType,
      digest,
      size,
      annotations: { [ANNOTATIONS.imageName]: formatReference(name), [ANNOTATIONS.refName]: name.tag ?? '' },
    }))
  })
  return { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests }
}

function dockerEntry({ image, names }: Saved): DockerArchiveEntry {
  return {
    Config: blobPath(image.imageId),
    RepoTags: names.map(familiarReference),
    Layers: image.manifest.layers.map(({ digest }) => blobPath(digest)),
  }
}

/** The oldest of the three indexes: repository → tag → id of the topmost layer. */
function repositories(images: readonly Saved[]): Record<string, Record<string, string>> {
  const result: Record<string, Record<string, string>> = {}
  for (const { image, names } of images) {
    const top = image.manifest.layers.at(-1)
    for (const { tag = 'latest', ...name } of names) {
      const repository = familiarReference(name)
      if (top !== undefined) result[repository] = { ...result[repository], [tag]: digestHex(top.digest) }
    }
  }
  return result
}

function blobPath(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`
}

function directory(name: string): PackedEntry {
  return { name }
}

function json(name: string, value: unknown): PackedEntry {
  const bytes = Buffer.from(JSON.stringify(value))
  return { name, sizeBytes: bytes.byteLength, body: bodyOf(bytes) }
}
