import { corrupt } from './corrupt.ts'
import { readDecimal, readNumber } from './tar-numbers.ts'

/** A piece of a sparse file that is stored. */
export interface Fragment {
  readonly offset: number
  readonly sizeBytes: number
}

/** Where the stored bytes of a sparse file belong, and how large the file is with its holes. */
export interface SparseMap {
  readonly fragments: readonly Fragment[]
  readonly realSizeBytes: number
}

const OLD_FRAGMENT_BYTES = 24

/**
 * Checks that fragments are in order, apart, within the file, and as long together as what is stored.
 * @throws LayerfsError `TAR_CORRUPT`
 */
export function checkSparseMap(map: SparseMap, storedBytes: number): SparseMap {
  let end = 0
  let stored = 0
  for (const { offset, sizeBytes } of map.fragments) {
    if (offset < end) throw corrupt('the fragments of a sparse file overlap')
    end = offset + sizeBytes
    stored += sizeBytes
  }
  if (end > map.realSizeBytes || stored !== storedBytes) throw corrupt('the map of a sparse file does not fit its size')
  return map
}

/** Reads up to `count` fragments of GNU's old format from a header or its continuation; an empty one ends the list. */
export function readOldFragments(block: Uint8Array, at: number, count: number): Fragment[] {
  const fragments: Fragment[] = []
  for (let i = 0; i < count; i++) {
    const start = at + i * OLD_FRAGMENT_BYTES
    if ((block[start + 12] ?? 0) === 0) break
    fragments.push({
      offset: natural(block, start, 'sparse offset'),
      sizeBytes: natural(block, start + 12, 'sparse size'),
    })
  }
  return fragments
}

function natural(block: Uint8Array, at: number, name: string): number {
  const value = readNumber(block, { name, at, length: 12 })
  if (value < 0) throw corrupt(`the field ${name} is negative`)
  return value
}

/** Pairs the numbers of GNU's pax formats 0.0 and 0.1: offset, size, offset, size, … */
export function pairFragments(numbers: readonly string[]): Fragment[] {
  if (numbers.length % 2 !== 0) throw corrupt('the map of a sparse file has an odd number of numbers')
  const fragments: Fragment[] = []
  for (let i = 0; i < numbers.length; i += 2) {
    fragments.push({
      offset: readDecimal(numbers[i] ?? '', 'a sparse offset'),
      sizeBytes: readDecimal(numbers[i + 1] ?? '', 'a sparse size'),
    })
  }
  return fragments
}
