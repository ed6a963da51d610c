/** What an entry of a tar archive is. */
export type TarEntryType = 'file' | 'directory' | 'symlink' | 'hard-link' | 'char' | 'block' | 'fifo'

/** An extended attribute: its full name (`user.mime`, `security.capability`) and its bytes. */
export type Xattr = readonly [name: string, value: Uint8Array]

/**
 * What a tar archive says about an entry, with every extension already taken into account. Paths and link targets
 * are bytes, as in the archive, because file names need not be UTF-8.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13
 */
export interface TarHeader {
  readonly path: Uint8Array
  readonly type: TarEntryType
  /** Permission bits, setuid, setgid and sticky (07777). */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of content, holes of a sparse file included; 0 for everything but files. */
  readonly sizeBytes: number
  /** Modification time in nanoseconds since 1970, negative before. */
  readonly mtimeNs: bigint
  /** Where a symbolic link points, or the path of the entry that a hard link shares its file with. */
  readonly linkTarget?: Uint8Array | undefined
  /** Device number; 0 for everything but devices. */
  readonly major: number
  readonly minor: number
  readonly xattrs: readonly Xattr[]
}

/** The size of a header, and what content is padded to. */
export const BLOCK_BYTES = 512

/** The bytes that pad content of a size to whole blocks. */
export function paddingOf(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES
}
