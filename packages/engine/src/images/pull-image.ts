import {
  copy,
  type Digest,
  formatReference,
  hostPlatform,
  type Image,
  parsePlatform,
  type Reference,
  readImage,
  type Source,
} from '@ct/image'
import type { OverlaySnapshotter } from '@ct/layerfs'
import type { ImageCatalog } from './image-catalog.ts'
import type { ImageRecord } from './image-record.ts'
import type { PullEvent, PullOptions } from './image-types.ts'
import { unpackImage } from './unpack-image.ts'
import { UntaggedTarget } from './untagged-target.ts'

/** Where {@link pullImage} puts an image. */
export interface PullDestination {
  readonly catalog: ImageCatalog
  readonly snapshotter: OverlaySnapshotter
}

/**
 * Copies an image from a repository into the store, unpacks it, and only then lets its reference stand for it. An image for another
 * platform is refused before its layers are fetched.
 */
export async function pullImage(
  source: Source,
  reference: Reference,
  { catalog, snapshotter }: PullDestination,
  options: PullOptions,
): Promise<ImageRecord> {
  const { signal, onProgress } = options
  const platform = options.platform === undefined ? hostPlatform() : parsePlatform(options.platform)
  const name = formatReference(reference)
  const wanted = reference.digest ?? reference.tag ?? 'latest'
  const resolved = await source.resolve(wanted, { signal })
  const remote = await readImage(source, resolved, { platform, signal })
  onProgress?.({ kind: 'resolved', reference: name, digest: resolved.digest, layers: remote.manifest.layers })
  const target = new UntaggedTarget(catalog.store)
  const descriptor = await copy(source, target, wanted, {
    as: name,
    platform,
    signal,
    onProgress: (event) => reportLayer(remote, event, onProgress),
  })
  const image = await readImage(catalog.store, descriptor, { platform, signal })
  const before = catalog.byId(image.imageId)
  const sizeBytes = await unpackImage(catalog, snapshotter, image, { signal, onProgress })
  const repoDigest = `${reference.registry}/${reference.repository}@${resolved.digest}`
  const isTagged = reference.digest !== undefined || (await standsFor(catalog, name)) === descriptor.digest
  const record = catalog.put(image, { repoDigests: [repoDigest], sizeBytes })
  if (reference.tag !== undefined && reference.digest === undefined) await catalog.tag(descriptor, name)
  onProgress?.({ kind: 'pulled', reference: name, digest: resolved.digest, upToDate: before !== undefined && isTagged })
  return record
}

type CopyEvent = Parameters<NonNullable<NonNullable<Parameters<typeof copy>[3]>['onProgress']>>[0]

/** Of everything that is copied, people watch the layers. */
function reportLayer(
  image: Image,
  { descriptor, state, transferredBytes }: CopyEvent,
  onProgress: ((event: PullEvent) => void) | undefined,
): void {
  if (onProgress === undefined || !image.layers.some((layer) => layer.descriptor.digest === descriptor.digest)) return
  const states = { waiting: 'waiting', transferring: 'downloading', exists: 'downloaded', done: 'downloaded' } as const
  onProgress({
    kind: 'layer',
    digest: descriptor.digest,
    state: states[state],
    currentBytes: transferredBytes,
    totalBytes: descriptor.size,
  })
}

async function standsFor(catalog: ImageCatalog, reference: string): Promise<Digest | undefined> {
  return (await catalog.store.listRefs()).find((stored) => stored.reference === reference)?.descriptor.digest
}
