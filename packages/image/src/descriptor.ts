import type { Digest } from './digest.ts'
import type { Platform } from './platform.ts'

/**
 * Says what a blob is, how large, and which.
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md
 */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** In bytes. */
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: Platform
  readonly urls?: readonly string[]
  readonly artifactType?: string
  /** The blob itself, base64. */
  readonly data?: string
}

/** The annotations that carry a reference in an OCI layout, and the marker of what is not an image to run. */
export const ANNOTATIONS = {
  /** The reference within a layout: the image spec's own. */
  refName: 'org.opencontainers.image.ref.name',
  /** The full reference, as docker and containerd write it. */
  imageName: 'io.containerd.image.name',
  /** Set on attestations that sit in an index beside the images. */
  dockerReferenceType: 'vnd.docker.reference.type',
} as const
