import { corrupt } from './corrupt.ts'
import { type Fragment, pairFragments } from './sparse-map.ts'
import { BLOCK_BYTES } from './tar-header.ts'
import { readDecimal } from './tar-numbers.ts'

const NEWLINE = 0x0a
const MAX_LINES = 1_000_000

/** Collects the map that GNU's sparse format 1.0 puts before the content: lines of decimal numbers, padded to blocks. */
export class SparsePrologue {
  readonly #blocks: Buffer[] = []
  #lines = 0
  #wanted = 1

  get sizeBytes(): number {
    return this.#blocks.length * BLOCK_BYTES
  }

  /** Takes a block; the fragments once the map is complete. */
  add(block: Buffer): readonly Fragment[] | undefined {
    this.#blocks.push(Buffer.from(block))
    for (const byte of block) if (byte === NEWLINE) this.#lines++
    if (this.#lines === 0) throw corrupt('the map of a sparse file has no count')
    if (this.#blocks.length === 1) this.#wanted = 1 + 2 * this.#count(block)
    if (this.#lines < this.#wanted) return undefined
    const lines = Buffer.concat(this.#blocks).toString('latin1').split('\n')
    return pairFragments(lines.slice(1, this.#wanted))
  }

  #count(block: Buffer): number {
    const count = readDecimal(block.toString('latin1', 0, block.indexOf(NEWLINE)), 'the count of sparse fragments')
    if (count > MAX_LINES) throw corrupt('the map of a sparse file is too long')
    return count
  }
}
