import type { Digest } from '@ct/image'
import type {
  ImageDetails,
  ImageHistoryEntry,
  ImageSummary,
  LoadedImageSummary,
  PullOptions,
  PushOptions,
  RemovedImage,
} from './image-types.ts'

/** Which images to list; every given key must match one of its values, labels all of them. */
export type ImageFilters = Readonly<Partial<Record<'dangling' | 'label' | 'reference' | 'before' | 'since' | 'until', readonly string[]>>>

/** What `prune` removed. */
export interface PrunedImages {
  readonly removed: readonly RemovedImage[]
  readonly freedBytes: number
}

/** The images of an engine. `reference` is a reference, an image id, or a unique prefix of an id; when there is none, `ENGINE_NO_IMAGE` (not-found). */
export interface Images {
  /** Copies an image from its registry and unpacks it. What was copied stays for the next try when it fails. */
  pull(reference: string, options?: PullOptions): Promise<ImageSummary>
  /** Copies an image to the registry that its reference names. */
  push(reference: string, options?: PushOptions): Promise<void>
  /** Newest first. */
  list(options?: { readonly filters?: ImageFilters | undefined }): Promise<ImageSummary[]>
  get(reference: string): Promise<ImageDetails>
  find(reference: string): Promise<ImageDetails | undefined>
  tag(reference: string, target: string): Promise<void>
  /** Untags, and deletes an image whose last reference went. `ENGINE_IMAGE_IN_USE` (conflict) names the container or the references. */
  remove(reference: string, options?: { readonly force?: boolean | undefined }): Promise<readonly RemovedImage[]>
  history(reference: string): Promise<readonly ImageHistoryEntry[]>
  /** Reads a docker archive or an OCI layout as tar, plain or compressed with gzip or zstd. */
  load(archive: AsyncIterable<Uint8Array>, options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly LoadedImageSummary[]>
  /** Writes images as one tar that docker, podman and skopeo load. */
  save(references: readonly string[]): AsyncIterable<Uint8Array>
  /** Removes images that no reference names (`all`: that no container has). */
  prune(options?: { readonly all?: boolean | undefined; readonly filters?: ImageFilters | undefined }): Promise<PrunedImages>
  /** Ids of the images in the store. */
  ids(): Promise<readonly Digest[]>
}
