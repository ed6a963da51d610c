import { LayerfsError } from '../errors.ts'
import { showPath } from './layer-path.ts'

/** What one layer may have, against archives made to fill a disk or a memory. */
export interface LayerLimits {
  /** Entries, whiteouts included. @default 2_000_000 */
  readonly maxEntries?: number | undefined
  /** Bytes of the archive, and bytes of all files with the holes of sparse ones filled, each. @default 64 GiB */
  readonly maxBytes?: number | undefined
  /** Bytes of a path. @default 4095 */
  readonly maxPathBytes?: number | undefined
  /** Bytes of a name in a path; Linux has no longer ones. @default 255 */
  readonly maxNameBytes?: number | undefined
  /** Names in a path. @default 512 */
  readonly maxDepth?: number | undefined
  /**
   * How many times larger than its blob a layer may be, beyond the first 256 MiB. Gzip cannot exceed 1,032; zstd can.
   * Where blobs are decompressed: by `unpack`, and `decompress`, which has the same option. @default 2000
   */
  readonly maxRatio?: number | undefined
}

/** Counts what a layer has and holds it to the limits. */
export class LayerMeter {
  readonly #limits: Required<{ [Name in keyof Omit<LayerLimits, 'maxRatio'>]: number }>
  #entries = 0
  #archiveBytes = 0
  #fileBytes = 0

  constructor(limits: LayerLimits) {
    const { maxEntries = 2_000_000, maxBytes = 64 * 1024 ** 3, maxPathBytes = 4095, maxNameBytes = 255, maxDepth = 512 } = limits
    this.#limits = { maxEntries, maxBytes, maxPathBytes, maxNameBytes, maxDepth }
  }

  get entries(): number {
    return this.#entries
  }

  get archiveBytes(): number {
    return this.#archiveBytes
  }

  /** Throws LayerfsError `LAYERFS_TOO_LARGE`. */
  addArchiveBytes(sizeBytes: number): void {
    this.#archiveBytes += sizeBytes
    this.#limitBytes(this.#archiveBytes)
  }

  /** Throws LayerfsError `LAYERFS_TOO_MANY_ENTRIES`, `LAYERFS_TOO_LARGE`. */
  addEntry(fileBytes: number): void {
    this.#entries++
    this.#fileBytes += fileBytes
    const { maxEntries } = this.#limits
    if (this.#entries > maxEntries)
      throw exceeded('LAYERFS_TOO_MANY_ENTRIES', `the layer has more than ${maxEntries} entries`, 'maxEntries')
    this.#limitBytes(this.#fileBytes)
  }

  /** Throws LayerfsError `LAYERFS_PATH_TOO_LONG`, `LAYERFS_NAME_TOO_LONG`, `LAYERFS_TOO_DEEP`. */
  checkPath(path: string): void {
    const { maxPathBytes, maxNameBytes, maxDepth } = this.#limits
    if (path.length > maxPathBytes) throw badPath('LAYERFS_PATH_TOO_LONG', path, 'maxPathBytes')
    if (path.length <= maxNameBytes && path.length <= maxDepth) return
    const names = path.split('/')
    if (names.length > maxDepth) throw badPath('LAYERFS_TOO_DEEP', path, 'maxDepth')
    if (names.some(({ length }) => length > maxNameBytes)) throw badPath('LAYERFS_NAME_TOO_LONG', path, 'maxNameBytes')
  }

  #limitBytes(sizeBytes: number): void {
    const { maxBytes } = this.#limits
    if (sizeBytes > maxBytes) throw exceeded('LAYERFS_TOO_LARGE', `the layer has more than ${maxBytes} bytes`, 'maxBytes')
  }
}

type LimitCode = 'LAYERFS_TOO_MANY_ENTRIES' | 'LAYERFS_TOO_LARGE' | PathCode
type PathCode = 'LAYERFS_PATH_TOO_LONG' | 'LAYERFS_NAME_TOO_LONG' | 'LAYERFS_TOO_DEEP'

const PATH_REASONS: Readonly<Record<PathCode, string>> = {
  LAYERFS_PATH_TOO_LONG: 'is too long a path',
  LAYERFS_NAME_TOO_LONG: 'has too long a name in it',
  LAYERFS_TOO_DEEP: 'has too many names in it',
}

function badPath(code: PathCode, path: string, option: keyof LayerLimits): LayerfsError {
  return exceeded(code, `${showPath(path.slice(0, 80))}… ${PATH_REASONS[code]} (${path.length} bytes)`, option)
}

function exceeded(code: LimitCode, message: string, option: keyof LayerLimits): LayerfsError {
  return new LayerfsError(code, message, { kind: 'exhausted', hint: `the limit is the option limits.${option}` })
}
