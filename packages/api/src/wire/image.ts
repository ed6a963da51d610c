import type { ContainerConfig } from './container-config.ts'

/** An image in a list. */
export interface ImageSummary {
  readonly Id: string
  readonly ParentId: string
  readonly RepoTags: readonly string[]
  readonly RepoDigests: readonly string[]
  /** Unix seconds. */
  readonly Created: number
  readonly Size: number
  /** -1 when it was not computed. */
  readonly SharedSize: number
  readonly Labels: Record<string, string> | null
  /** How many containers use it; -1 when it was not computed. */
  readonly Containers: number
}

/**
 * An image on inspection.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Image/operation/ImageInspect
 */
export interface ImageInspect {
  readonly Id: string
  readonly RepoTags: readonly string[]
  readonly RepoDigests: readonly string[]
  readonly Parent: string
  readonly Comment: string
  readonly Created?: string
  readonly DockerVersion: string
  readonly Author: string
  readonly Config: ContainerConfig | null
  readonly Architecture: string
  readonly Variant?: string
  readonly Os: string
  readonly OsVersion?: string
  readonly Size: number
  readonly GraphDriver: { Name: string; Data: Record<string, string> | null }
  readonly RootFS: { Type: string; Layers?: readonly string[] }
  readonly Metadata: { LastTagTime: string }
  readonly Descriptor?: { mediaType: string; digest: string; size: number }
}

/** One step of an image's history. */
export interface ImageHistoryItem {
  readonly Id: string
  /** Unix seconds. */
  readonly Created: number
  readonly CreatedBy: string
  readonly Tags: readonly string[] | null
  readonly Size: number
  readonly Comment: string
}

/** What removing an image did, step by step. */
export interface ImageDeleteItem {
  readonly Untagged?: string
  readonly Deleted?: string
}

/** The answer of `POST /images/prune`. */
export interface ImagePruneReport {
  readonly ImagesDeleted: readonly ImageDeleteItem[] | null
  readonly SpaceReclaimed: number
}

/** Credentials for a registry, as `X-Registry-Auth` carries them. */
export interface AuthConfig {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
  readonly email?: string
  readonly serveraddress?: string
  readonly identitytoken?: string
  readonly registrytoken?: string
}

/** What a registry said to a login. */
export interface AuthResult {
  readonly Status: string
  /** Always empty: a login is checked, and no token is taken for it. */
  readonly IdentityToken: string
}
