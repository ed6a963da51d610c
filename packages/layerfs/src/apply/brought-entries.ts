import type { TarEntryType } from '../tar/tar-header.ts'
import { isBelow, parentOf, ROOT } from './layer-path.ts'

/** What a layer has brought so far, so that whiteouts hide only what the layers below have. */
export class BroughtEntries {
  readonly #types = new Map<string, TarEntryType>()
  /** Directories with something of this layer anywhere below them. */
  readonly #populated = new Set<string>()

  /** Whether the path is an entry of this layer or a directory that one of its entries is in. */
  has(path: string): boolean {
    return this.#types.has(path) || this.#populated.has(path)
  }

  typeOf(path: string): TarEntryType | undefined {
    return this.#types.get(path)
  }

  /** Whether something of this layer is below the path. */
  isPopulated(path: string): boolean {
    return this.#populated.has(path)
  }

  /** The directories above a path that are not yet known to have something below them, nearest first. */
  newAncestors(path: string): string[] {
    const found: string[] = []
    for (let at = parentOf(path); !this.#populated.has(at); at = parentOf(at)) {
      found.push(at)
      if (at === ROOT) break
    }
    return found
  }

  add(path: string, type: TarEntryType): void {
    for (const ancestor of this.newAncestors(path)) this.#populated.add(ancestor)
    if (type !== 'directory' && (this.#types.get(path) === 'directory' || this.#populated.has(path))) this.#forgetBelow(path)
    this.#types.set(path, type)
  }

  /** Directories that entries are in without being entries themselves. */
  implied(): string[] {
    return [...this.#populated].filter((path) => !this.#types.has(path))
  }

  /** What was in a directory went with it when something else took its place. */
  #forgetBelow(path: string): void {
    this.#populated.delete(path)
    for (const below of this.#types.keys()) if (isBelow(below, path)) this.#types.delete(below)
    for (const below of this.#populated) if (isBelow(below, path)) this.#populated.delete(below)
  }
}
