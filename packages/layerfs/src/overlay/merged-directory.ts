import { type BigIntStats, lstatSync, readdirSync, realpathSync } from 'node:fs'
import { isOpaqueDirectory } from './opaque-directories.ts'

/** A directory of one layer. */
interface Part {
  readonly path: Buffer
  readonly stats: BigIntStats
}

/** What a name stands for in the merged view. `path` is where it is on the host, in the layer that it comes from. */
export type MergedEntry =
  | { readonly is: 'directory'; readonly directory: MergedDirectory; readonly stats: BigIntStats }
  | { readonly is: 'other'; readonly path: Buffer; readonly stats: BigIntStats }

const SEPARATOR = Buffer.from('/')

/**
 * A directory as overlayfs would show it, made of the directories of several layers without mounting them. Whether a
 * directory is opaque is looked up only where it matters: when a layer below has the name that is asked for.
 */
export class MergedDirectory {
  readonly #parts: Part[]
  /** How many parts are known not to hide the ones below them. */
  #transparent: number

  private constructor(parts: Part[], transparent: number) {
    this.#parts = parts
    this.#transparent = transparent
  }

  /** The root of some layers, given by their directories on the host, top first. The root of a layer is never opaque. */
  static root(layers: readonly string[]): MergedDirectory {
    const parts = layers.map((layer) => {
      const path = Buffer.from(realpathSync(layer))
      return { path, stats: lstatSync(path, { bigint: true }) }
    })
    return new MergedDirectory(parts, parts.length)
  }

  /** Where it is on the host, in the uppermost layer that has it, whose metadata count. */
  get path(): Buffer {
    return (this.#parts[0] as Part).path
  }

  async child(name: Buffer): Promise<MergedEntry | undefined> {
    const found: Part[] = []
    for (let i = 0; i < this.#parts.length; i++) {
      const path = Buffer.concat([(this.#parts[i] as Part).path, SEPARATOR, name])
      const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
      if (stats === undefined) continue
      if (!(await this.#isVisible(i)) || isWhiteout(stats)) break
      if (stats.isDirectory()) found.push({ path, stats })
      else if (found.length === 0) return { is: 'other', path, stats }
      else break
    }
    const [top] = found
    return top === undefined ? undefined : { is: 'directory', directory: new MergedDirectory(found, 0), stats: top.stats }
  }

  /** The names of all entries, as Latin-1 text, sorted. */
  async names(): Promise<readonly string[]> {
    const seen = new Map<string, boolean>()
    for (let i = 0; i < this.#parts.length && (await this.#isVisible(i)); i++) {
      const { path } = this.#parts[i] as Part
      for (const entry of readdirSync(path, { withFileTypes: true, encoding: 'latin1' })) {
        if (seen.has(entry.name)) continue
        const isGone = entry.isCharacterDevice() && isWhiteout(lstatSync(joinPath(path, entry.name), { bigint: true }))
        seen.set(entry.name, !isGone)
      }
    }
    return [...seen].flatMap(([name, isThere]) => (isThere ? [name] : [])).sort()
  }

  /** Whether no part above hides this one; forgets the hidden ones when one does. */
  async #isVisible(index: number): Promise<boolean> {
    while (this.#transparent < index) {
      const part = this.#parts[this.#transparent] as Part
      if (await isOpaqueDirectory(part.path, part.stats)) {
        this.#parts.length = this.#transparent + 1
        return false
      }
      this.#transparent++
    }
    return true
  }
}

function joinPath(directory: Buffer, name: string): Buffer {
  return Buffer.concat([directory, SEPARATOR, Buffer.from(name, 'latin1')])
}

function isWhiteout(stats: BigIntStats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0n
}
