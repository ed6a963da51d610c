import type { Digest } from '@ct/image'

/** Something that happened to a manifest. */
export interface RegistryEvent {
  readonly action: 'pull' | 'push' | 'delete'
  readonly repository: string
  readonly digest: Digest
  /** Absent when it was named by its digest. */
  readonly tag?: string | undefined
  /** Absent for somebody without an account. */
  readonly user?: string | undefined
}
