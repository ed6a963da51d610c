import type { Descriptor, Digest, ImageConfig, Manifest } from '@ct/image'

/** An image of the store in one line. */
export interface ImageSummary {
  /** Digest of its config. */
  readonly id: Digest
  /** `debian:12`; empty when untagged. */
  readonly repoTags: readonly string[]
  /** `debian@sha256:…`. */
  readonly repoDigests: readonly string[]
  /** RFC 3339; `0001-01-01T00:00:00Z` when the image does not say. */
  readonly createdAt: string
  /** Size of its layers, unpacked. */
  readonly sizeBytes: number
  readonly labels: Readonly<Record<string, string>>
  /** How many containers have it. */
  readonly containers: number
}

/** An image of the store in full. */
export interface ImageDetails extends ImageSummary {
  readonly manifestDescriptor: Descriptor
  readonly manifest: Manifest
  readonly config: ImageConfig
  /** Unpacked directories, lowest layer first; empty when it is not unpacked. */
  readonly layerDirectories: readonly string[]
}

/** One step of how an image was made, newest first. */
export interface ImageHistoryEntry {
  /** The image's id for the newest entry, else empty. */
  readonly id: string
  readonly createdAt: string
  readonly createdBy: string
  readonly comment: string
  readonly sizeBytes: number
  readonly tags: readonly string[]
}

/** What a user or a token proves to a registry. */
export interface ImageCredentials {
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** OAuth2 refresh token. */
  readonly identityToken?: string | undefined
  /** A bearer token to send as it is. */
  readonly registryToken?: string | undefined
}

/** How a layer is on its way from a registry to the disk. */
export type PullLayerState = 'waiting' | 'downloading' | 'downloaded' | 'extracting' | 'done' | 'exists'

/** Progress of a pull; per layer, then once `pulled`. */
export type PullEvent =
  | { readonly kind: 'resolved'; readonly reference: string; readonly digest: Digest; readonly layers: readonly Descriptor[] }
  | {
      readonly kind: 'layer'
      /** Digest of the compressed layer. */
      readonly digest: Digest
      readonly state: PullLayerState
      /** Downloading: bytes received; extracting: bytes written. */
      readonly currentBytes: number
      /** Size of the compressed layer. */
      readonly totalBytes: number
    }
  | {
      readonly kind: 'pulled'
      readonly reference: string
      readonly digest: Digest /** It was there already. */
      readonly upToDate: boolean
    }

/** Progress of a push; per layer, then once `pushed`. */
export type PushEvent =
  | {
      readonly kind: 'layer'
      readonly digest: Digest
      readonly state: 'waiting' | 'pushing' | 'pushed' | 'exists'
      readonly currentBytes: number
      readonly totalBytes: number
    }
  | { readonly kind: 'pushed'; readonly reference: string; readonly digest: Digest; readonly sizeBytes: number }

/** Options of a pull. */
export interface PullOptions {
  /** As `linux/arm64/v8`. @default the host's */
  readonly platform?: string | undefined
  readonly credentials?: ImageCredentials | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((event: PullEvent) => void) | undefined
}

/** Options of a push. */
export interface PushOptions {
  readonly credentials?: ImageCredentials | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((event: PushEvent) => void) | undefined
}

/** What a removal did, in order: references that are no more, then images that are no more. */
export type RemovedImage = { readonly untagged: string } | { readonly deleted: Digest }

/** An image that an archive brought. */
export interface LoadedImageSummary {
  readonly id: Digest
  readonly references: readonly string[]
}
