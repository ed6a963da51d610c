import { LayerfsError } from '../errors.ts'

/** What one layer may have, against archives made to fill a disk or a memory. */
export interface LayerLimits {
  /** Entries, whiteouts included. @default 2_000_000 */
  readonly maxEntries?: number | undefined
  /** Bytes of the archive, and bytes of all files with the holes of sparse ones filled, each. @default 64 GiB */
  readonly maxBytes?: number | undefined
  /** Bytes of a path; a name in it may have 255 as everywhere on Linux. @default 4095 */
  readonly maxPathBytes?: number | undefined
}

const MAX_NAME_BYTES = 255

/** Counts what a layer has and holds it to the limits. */
export class LayerMeter {
  readonly #limits: Required<{ [Name in keyof LayerLimits]: number }>
  #entries = 0
  #archiveBytes = 0
  #fileBytes = 0

  constructor({ maxEntries = 2_000_000, maxBytes = 64 * 1024 ** 3, maxPathBytes = 4095 }: LayerLimits) {
    this.#limits = { maxEntries, maxBytes, maxPathBytes }
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

  /** Throws LayerfsError `LAYERFS_PATH_TOO_LONG`. */
  checkPath(path: string): void {
    const { maxPathBytes } = this.#limits
    if (path.length <= maxPathBytes && (path.length <= MAX_NAME_BYTES || path.split('/').every(({ length }) => length <= MAX_NAME_BYTES)))
      return
    throw exceeded('LAYERFS_PATH_TOO_LONG', `${path.slice(0, 80)}… is too long a path (${path.length} bytes)`, 'maxPathBytes')
  }

  #limitBytes(sizeBytes: number): void {
    const { maxBytes } = this.#limits
    if (sizeBytes > maxBytes) throw exceeded('LAYERFS_TOO_LARGE', `the layer has more than ${maxBytes} bytes`, 'maxBytes')
  }
}

type LimitCode = 'LAYERFS_TOO_MANY_ENTRIES' | 'LAYERFS_TOO_LARGE' | 'LAYERFS_PATH_TOO_LONG'

function exceeded(code: LimitCode, message: string, option: string): LayerfsError {
  return new LayerfsError(code, message, { kind: 'exhausted', hint: `the limit is the option limits.${option}` })
}
