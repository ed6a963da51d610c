import type { TarEntryType } from '../tar/tar-header.ts'

/** An entry of an image's file tree, or one that a layer above has hidden. */
export interface ImageFile {
  /** Relative to the root, as people read it; names that are not UTF-8 are exact in `pathBytes` only. */
  readonly path: string
  readonly pathBytes: Uint8Array
  readonly type: Exclude<TarEntryType, 'hard-link'>
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of content; 0 for everything but files, and for further names of one file. */
  readonly sizeBytes: number
  /** The layer that it comes from, 0 being the lowest. */
  readonly layer: number
  /** Where a symbolic link points. */
  readonly linkTarget?: string | undefined
  /** What another name of the same file is called, when this is a hard link. */
  readonly linkedTo?: string | undefined
  /** The layer that overwrote or removed it; absent for what a container sees. */
  readonly hiddenBy?: number | undefined
}
