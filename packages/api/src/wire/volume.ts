/** A volume in lists and on inspection. */
export interface Volume {
  readonly Name: string
  readonly Driver: string
  readonly Mountpoint: string
  readonly CreatedAt: string
  readonly Status?: Record<string, unknown>
  readonly Labels: Record<string, string> | null
  readonly Scope: 'local' | 'global'
  readonly Options: Record<string, string> | null
  readonly UsageData?: { Size: number; RefCount: number }
}

/** What `POST /volumes/create` asks for; without a name one is made up. */
export interface VolumeCreateBody {
  readonly Name?: string
  readonly Driver?: string
  readonly DriverOpts?: Record<string, string> | null
  readonly Labels?: Record<string, string> | null
}

/** The answer of `GET /volumes`. */
export interface VolumeList {
  readonly Volumes: readonly Volume[]
  readonly Warnings: readonly string[] | null
}

/** The answer of `POST /volumes/prune`. */
export interface VolumePruneReport {
  readonly VolumesDeleted: readonly string[] | null
  readonly SpaceReclaimed: number
}
