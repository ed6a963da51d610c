import type { Digest } from '@ct/image'

/** A container as the image service sees it. */
export interface ImageUser {
  readonly containerId: string
  readonly imageId: Digest
  readonly chainId: Digest | ''
  readonly isRunning: boolean
}

/** Says which containers there are, and which snapshots beside images and containers must stay. */
export interface ImageUsage {
  users(): readonly ImageUser[]
}
