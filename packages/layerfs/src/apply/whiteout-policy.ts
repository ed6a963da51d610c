import type { TarEntryType } from '../tar/tar-header.ts'

/** What happens to whiteouts. Paths are of the form that `layerPath` makes; a promise is to be awaited before going on. */
export interface WhiteoutPolicy {
  /** The entry of the layers below is gone; what this layer brings at the path, before or after, stays. */
  whiteout(path: string): Promise<void> | undefined
  /** What the layers below have in the directory is gone; what this layer brings, before or after, stays. */
  opaque(path: string): Promise<void> | undefined
  /** Called before an entry is written. */
  prepare(path: string, type: TarEntryType): void
  /** Whether the file that a hard link names can be linked to. */
  checkLink(path: string, existing: string): void
  /** Says all that is still to be said about directories. */
  finish(): PolicyResult
}

/** What a policy knows at the end of a layer. */
export interface PolicyResult {
  /** Directories that only the layers below can say more about. */
  readonly implied: readonly string[]
  /** Directories and whiteouts made without being entries; `undefined` where it depends on what was there before. */
  readonly addedInodes: number | undefined
}
