import type { VolumeRecord, VolumeSpec } from './volume-record.ts'

/** Which volumes; every given key must match one of its values, labels all of them. */
export type VolumeFilters = Readonly<Partial<Record<'name' | 'label' | 'driver' | 'dangling', readonly string[]>>>

/** The named and anonymous volumes of an engine; `ENGINE_NO_VOLUME` (not-found) when there is none of a name. */
export interface Volumes {
  /** Makes a volume, or gives the one that has the name. `ENGINE_INVALID` for a bad name, `ENGINE_UNSUPPORTED` for another driver. */
  create(spec?: VolumeSpec): Promise<VolumeRecord>
  get(name: string): VolumeRecord
  find(name: string): VolumeRecord | undefined
  list(options?: { readonly filters?: VolumeFilters | undefined }): VolumeRecord[]
  /** `ENGINE_VOLUME_IN_USE` (conflict) names the containers. `force`: a missing one is no error. */
  remove(name: string, options?: { readonly force?: boolean | undefined }): Promise<void>
  /** Removes anonymous volumes (`all`: named ones, too) that no container has. */
  prune(options?: {
    readonly all?: boolean | undefined
    readonly filters?: VolumeFilters | undefined
  }): Promise<{ readonly removed: readonly string[]; readonly freedBytes: number }>
  /** Bytes of its content. */
  size(name: string): Promise<number>
}
