import { LayerfsError } from '../errors.ts'
import { corrupt } from './corrupt.ts'
import type { HeaderBlock } from './header-block.ts'
import { type PaxOverrides, xattrsOf } from './pax-overrides.ts'
import type { TarEntryType, TarHeader } from './tar-header.ts'

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hard-link',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
  D: 'directory',
  S: 'file',
}

const SLASH = 0x2f
/** The id after this one means "leave as it is" to chown(2). */
const MAX_ID = 0xffff_fffe

/** Names that GNU's long name entries gave for the entry that follows them. */
export interface LongNames {
  readonly path: Buffer | undefined
  readonly link: Buffer | undefined
}

/**
 * Puts a header and its extensions together. Pax records win over GNU's long names, those over the header.
 * @throws LayerfsError `TAR_CORRUPT`, `TAR_UNSUPPORTED`
 */
export function toTarHeader(block: HeaderBlock, overrides: PaxOverrides, longNames: LongNames): TarHeader {
  const path = overrides.sparse.name ?? overrides.path ?? longNames.path ?? block.name
  const type = typeOf(block.typeFlag, path)
  const isLink = type === 'symlink' || type === 'hard-link'
  return {
    path: withoutNul(path),
    type,
    mode: block.mode & 0o7777,
    uid: idOf(overrides.uid ?? block.uid),
    gid: idOf(overrides.gid ?? block.gid),
    sizeBytes: 0,
    mtimeNs: overrides.mtimeNs ?? BigInt(block.mtimeSeconds) * 1_000_000_000n,
    linkTarget: isLink ? withoutNul(overrides.linkPath ?? longNames.link ?? block.linkName) : undefined,
    major: block.major,
    minor: block.minor,
    xattrs: xattrsOf(overrides),
  }
}

function typeOf(flag: string, path: Buffer): TarEntryType {
  const type = TYPES[flag]
  if (type === undefined) {
    throw new LayerfsError('TAR_UNSUPPORTED', `${path.toString()}: entries of type ${JSON.stringify(flag)} are not supported`, {
      kind: 'unsupported',
    })
  }
  return type === 'file' && path.at(-1) === SLASH ? 'directory' : type
}

function idOf(id: number): number {
  if (id < 0 || id > MAX_ID) throw corrupt(`the owner ${id} is out of range`)
  return id
}

function withoutNul(path: Buffer): Buffer {
  if (path.includes(0)) throw corrupt('a path has a NUL in it')
  return path
}
