import { LayerfsError } from '../errors.ts'
import { corrupt } from './corrupt.ts'
import { type HeaderBlock, isZeroBlock, readHeaderBlock } from './header-block.ts'
import { HoleFiller } from './hole-filler.ts'
import { noOverrides, type PaxOverrides, readGlobalRecords, readLocalRecords } from './pax-overrides.ts'
import { readPaxRecords } from './pax-records.ts'
import { checkSparseMap, type Fragment, readOldFragments, type SparseMap } from './sparse-map.ts'
import { SparsePrologue } from './sparse-prologue.ts'
import { BLOCK_BYTES, paddingOf, type TarHeader } from './tar-header.ts'
import { readNumber } from './tar-numbers.ts'
import { toTarHeader } from './to-tar-header.ts'

/** The most that an extended header, a long name or a sparse map may take. */
const MAX_EXTENSION_BYTES = 1024 * 1024
/** Where GNU's old sparse header has its fragments, the mark that more follow, and the size with holes. */
const OLD_SPARSE = { fragments: 386, count: 4, isExtended: 482, realSize: { name: 'real size', at: 483, length: 12 } }
const OLD_SPARSE_EXTENSION = { count: 21, isExtended: 504 }

type Take = (block: Buffer) => TarHeader | undefined

interface Block {
  readonly is: 'header' | 'extension'
  readonly sizeBytes: number
  /** Gets all of it at once. */
  readonly take: Take
}

/** What the bytes that come next are. */
type Expected = Block | { readonly is: 'content' | 'skipped' | 'padding'; leftBytes: number } | { readonly is: 'nothing' }

/** An entry whose header is known, but whose sparse map is not yet complete. */
interface Pending {
  readonly header: TarHeader
  readonly storedBytes: number
}

/**
 * Reads a tar archive from the chunks it comes in, synchronously and without copying content: each call yields the
 * headers of entries, each followed by its content in pieces that are parts of the chunk. What follows the two zero
 * blocks at the end is ignored; an archive without them is accepted.
 */
export class TarParser {
  #expected: Expected = this.#header()
  #pieces: Buffer[] = []
  #piecesBytes = 0
  #isAfterZeroBlock = false
  readonly #global: PaxOverrides = noOverrides()
  #local: PaxOverrides | undefined
  #longPath: Buffer | undefined
  #longLink: Buffer | undefined
  #filler: HoleFiller | undefined
  #paddingBytes = 0

  /**
   * Says that there are no more chunks.
   * @throws LayerfsError `TAR_TRUNCATED` when an entry is incomplete
   */
  end(): void {
    const { is } = this.#expected
    const hasExtension = this.#local !== undefined || this.#longPath !== undefined || this.#longLink !== undefined
    if (is === 'nothing' || is === 'padding' || (is === 'header' && this.#piecesBytes === 0 && !hasExtension)) return
    throw new LayerfsError('TAR_TRUNCATED', 'the tar archive ends in the middle of an entry', { kind: 'corrupt' })
  }

  /**
   * @throws LayerfsError `TAR_CORRUPT`, `TAR_UNSUPPORTED` for a type of entry that no tree has, `TAR_HEADER_TOO_LARGE`
   * for an extension of more than 1 MiB
   */
  *write(chunk: Uint8Array): Generator<TarHeader | Uint8Array, void> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    for (let at = 0; at < bytes.length; ) {
      const expected = this.#expected
      if (expected.is === 'nothing') return
      const wanted = 'take' in expected ? expected.sizeBytes - this.#piecesBytes : expected.leftBytes
      const piece = bytes.subarray(at, at + wanted)
      at += piece.length
      if ('take' in expected) {
        const header = this.#collect(expected, piece)
        if (header === undefined) continue
        yield header
      } else {
        expected.leftBytes -= piece.length
        if (expected.is === 'content') yield* this.#filler?.write(piece) ?? [piece]
      }
      yield* this.#leave()
    }
  }

  #header(): Expected {
    return { is: 'header', sizeBytes: BLOCK_BYTES, take: (block) => this.#readHeader(block) }
  }

  /** Joins a block that comes in pieces. */
  #collect({ sizeBytes, take }: Block, piece: Buffer): TarHeader | undefined {
    if (piece.length === sizeBytes) return take(piece)
    this.#pieces.push(Buffer.from(piece))
    this.#piecesBytes += piece.length
    if (this.#piecesBytes < sizeBytes) return undefined
    const block = Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#piecesBytes = 0
    return take(block)
  }

  /** Goes on to what follows content, skipped content or padding, once all of it is there. */
  *#leave(): Generator<Uint8Array, void> {
    const expected = this.#expected
    if (!('leftBytes' in expected) || expected.leftBytes > 0) return
    if (this.#filler !== undefined) yield* this.#filler.end()
    this.#filler = undefined
    this.#expected = this.#paddingBytes > 0 ? { is: 'padding', leftBytes: this.#paddingBytes } : this.#header()
    this.#paddingBytes = 0
  }

  #readHeader(block: Buffer): TarHeader | undefined {
    if (isZeroBlock(block)) {
      this.#expected = this.#isAfterZeroBlock ? { is: 'nothing' } : this.#header()
      this.#isAfterZeroBlock = true
      return undefined
    }
    if (this.#isAfterZeroBlock) throw corrupt('an entry follows a zero block')
    const fields = readHeaderBlock(block)
    if (fields.sizeBytes < 0) throw corrupt('a size is negative')
    switch (fields.typeFlag) {
      case 'x':
      case 'X':
        return this.#readExtension(fields, (data) => {
          this.#local = readLocalRecords(this.#global, readPaxRecords(data))
        })
      case 'g':
        return this.#readExtension(fields, (data) => readGlobalRecords(this.#global, readPaxRecords(data)))
      case 'L':
        return this.#readExtension(fields, (data) => {
          this.#longPath = untilNul(data)
        })
      case 'K':
        return this.#readExtension(fields, (data) => {
          this.#longLink = untilNul(data)
        })
      case 'V':
        return this.#skip(fields.sizeBytes)
      default:
        return this.#readEntry(fields, block)
    }
  }

  #readExtension({ sizeBytes }: HeaderBlock, use: (data: Buffer) => void): undefined {
    this.#limitExtension(sizeBytes)
    this.#expect(sizeBytes + paddingOf(sizeBytes), (block) => {
      this.#expected = this.#header()
      use(block.subarray(0, sizeBytes))
      return undefined
    })
  }

  #limitExtension(sizeBytes: number): void {
    if (sizeBytes <= MAX_EXTENSION_BYTES) return
    throw new LayerfsError('TAR_HEADER_TOO_LARGE', `an extended header of ${sizeBytes} bytes is beyond ${MAX_EXTENSION_BYTES}`, {
      kind: 'exhausted',
    })
  }

  #expect(sizeBytes: number, take: Take): undefined {
    this.#expected = { is: 'extension', sizeBytes, take }
  }

  #skip(sizeBytes: number): undefined {
    this.#paddingBytes = paddingOf(sizeBytes)
    this.#expected = sizeBytes > 0 ? { is: 'skipped', leftBytes: sizeBytes } : this.#header()
  }

  #readEntry(fields: HeaderBlock, block: Buffer): TarHeader | undefined {
    const overrides = this.#local ?? this.#global
    const header = toTarHeader(fields, overrides, { path: this.#longPath, link: this.#longLink })
    this.#local = undefined
    this.#longPath = undefined
    this.#longLink = undefined
    const pending: Pending = { header, storedBytes: overrides.sizeBytes ?? fields.sizeBytes }
    const { isVersion1, realSizeBytes, fragments } = overrides.sparse
    if (header.type !== 'file') return this.#beginWithoutContent(pending, fields.typeFlag)
    if (fields.typeFlag === 'S') return this.#readOldSparse(pending, block)
    if (realSizeBytes === undefined) return this.#begin(pending, undefined)
    if (isVersion1) return this.#readPrologue(pending, realSizeBytes, new SparsePrologue())
    return this.#begin(pending, { fragments: fragments ?? [], realSizeBytes })
  }

  /** Only files have content; a dump directory or a V7 directory (a file whose name ends with a slash) may bring some. */
  #beginWithoutContent({ header, storedBytes }: Pending, typeFlag: string): TarHeader {
    const isSkipped = header.type === 'directory' && typeFlag !== '5' && storedBytes > 0
    this.#paddingBytes = isSkipped ? paddingOf(storedBytes) : 0
    this.#expected = isSkipped ? { is: 'skipped', leftBytes: storedBytes } : this.#header()
    return header
  }

  #begin({ header, storedBytes }: Pending, map: SparseMap | undefined): TarHeader {
    if (map !== undefined) this.#filler = new HoleFiller(checkSparseMap(map, storedBytes))
    this.#paddingBytes = paddingOf(storedBytes)
    this.#expected = { is: 'content', leftBytes: storedBytes }
    return { ...header, sizeBytes: map?.realSizeBytes ?? storedBytes }
  }

  #readOldSparse(pending: Pending, block: Buffer): TarHeader | undefined {
    const realSizeBytes = readNumber(block, OLD_SPARSE.realSize)
    const fragments = readOldFragments(block, OLD_SPARSE.fragments, OLD_SPARSE.count)
    if (block[OLD_SPARSE.isExtended] === 0) return this.#begin(pending, { fragments, realSizeBytes })
    return this.#readOldExtension(pending, { fragments, realSizeBytes })
  }

  #readOldExtension(pending: Pending, map: { readonly fragments: Fragment[]; readonly realSizeBytes: number }): undefined {
    this.#limitExtension((map.fragments.length / OLD_SPARSE_EXTENSION.count) * BLOCK_BYTES)
    return this.#expect(BLOCK_BYTES, (block) => {
      const more = readOldFragments(block, 0, OLD_SPARSE_EXTENSION.count)
      if (more.length === 0) throw corrupt('the map of a sparse file goes on without fragments')
      map.fragments.push(...more)
      if (block[OLD_SPARSE_EXTENSION.isExtended] === 0) return this.#begin(pending, map)
      return this.#readOldExtension(pending, map)
    })
  }

  #readPrologue({ header, storedBytes }: Pending, realSizeBytes: number, prologue: SparsePrologue): undefined {
    this.#limitExtension(prologue.sizeBytes)
    return this.#expect(BLOCK_BYTES, (block) => {
      const fragments = prologue.add(block)
      const leftBytes = storedBytes - prologue.sizeBytes
      if (leftBytes < 0) throw corrupt('the map of a sparse file is longer than its content')
      if (fragments === undefined) return this.#readPrologue({ header, storedBytes }, realSizeBytes, prologue)
      return this.#begin({ header, storedBytes: leftBytes }, { fragments, realSizeBytes })
    })
  }
}

function untilNul(data: Buffer): Buffer {
  const end = data.indexOf(0)
  return Buffer.from(end < 0 ? data : data.subarray(0, end))
}
