import type { Descriptor, Digest } from '@ct/image'

/** What the engine knows of one image beside its blobs; the content of `images/<id>/image.json`. References are files of the content store. */
export interface ImageRecord {
  readonly version: 1
  /** Digest of its config. */
  readonly id: Digest
  readonly manifest: Descriptor
  /** What it was pulled or pushed as, in full: `docker.io/library/debian@sha256:…`. */
  readonly repoDigests: readonly string[]
  /** Snapshot of all its layers; empty for an image without layers. */
  readonly chainId: Digest | ''
  readonly createdAt: string
  readonly labels: Readonly<Record<string, string>>
  /** Unpacked. */
  readonly sizeBytes: number
}
