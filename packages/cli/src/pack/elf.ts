import type { FileHandle } from 'node:fs/promises'
import { CliError } from '../errors.ts'

/** What the loader needs to know of a program or library. See elf(5). */
export interface ElfFile {
  /** 32 or 64. */
  readonly bits: number
  readonly machine: number
  /** The loader (PT_INTERP); absent in libraries and static programs. */
  readonly interpreter: string | undefined
  /** Names of libraries (DT_NEEDED), in order. */
  readonly needed: readonly string[]
  /** DT_RPATH, split at colons. */
  readonly rpath: readonly string[]
  /** DT_RUNPATH, split at colons. */
  readonly runpath: readonly string[]
}

interface Segment {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly size: number
}

const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_INTERP = 3
const DT_NEEDED = 1
const DT_STRTAB = 5
const DT_STRSZ = 10
const DT_RPATH = 15
const DT_RUNPATH = 29
const MAX_BYTES = 64 * 1024 * 1024

/** Reads an ELF file's headers, or gives `undefined` when the file is not ELF. Throws `CLI_PACK_BAD_ELF` for a broken one. */
export async function readElf(file: FileHandle, path: string): Promise<ElfFile | undefined> {
  const reader = new ElfReader(file, path)
  return (await reader.open()) ? reader.read() : undefined
}

/** Reads at offsets, with the width and byte order that the first bytes tell. */
class ElfReader {
  readonly #file: FileHandle
  readonly #path: string
  #wide = true
  #little = true
  #header: Buffer = Buffer.alloc(0)

  constructor(file: FileHandle, path: string) {
    this.#file = file
    this.#path = path
  }

  async open(): Promise<boolean> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(64), 0, 64, 0)
    if (bytesRead < 52 || buffer.readUInt32BE(0) !== 0x7f454c46) return false
    this.#header = buffer
    this.#wide = buffer[4] === 2
    this.#little = buffer[5] === 1
    return true
  }

  async read(): Promise<ElfFile> {
    const segments = await this.#segments()
    const interp = segments.find(({ type }) => type === PT_INTERP)
    const interpreter = interp === undefined ? undefined : textAt(await this.#bytes(interp.offset, interp.size), 0)
    const dynamic = segments.find(({ type }) => type === PT_DYNAMIC)
    const entries = dynamic === undefined ? [] : await this.#dynamic(dynamic)
    const strings = await this.#strings(entries, segments)
    const texts = (wanted: number): string[] => entries.filter(({ tag }) => tag === wanted).map(({ value }) => textAt(strings, value))
    const paths = (wanted: number): string[] => texts(wanted).flatMap((list) => list.split(':').filter((path) => path !== ''))
    return {
      bits: this.#wide ? 64 : 32,
      machine: this.#u16(this.#header, 18),
      interpreter,
      needed: texts(DT_NEEDED),
      rpath: paths(DT_RPATH),
      runpath: paths(DT_RUNPATH),
    }
  }

  async #segments(): Promise<readonly Segment[]> {
    const wide = this.#wide
    const offset = this.#word(this.#header, wide ? 32 : 28)
    const entrySize = this.#u16(this.#header, wide ? 54 : 42)
    const count = this.#u16(this.#header, wide ? 56 : 44)
    if (count > 0 && entrySize < (wide ? 56 : 32)) throw this.#broken('program header entries are too short')
    const table = await this.#bytes(offset, entrySize * count)
    return Array.from({ length: count }, (_, index) => {
      const at = index * entrySize
      return {
        type: this.#u32(table, at),
        offset: this.#word(table, at + (wide ? 8 : 4)),
        address: this.#word(table, at + (wide ? 16 : 8)),
        size: this.#word(table, at + (wide ? 32 : 16)),
      }
    })
  }

  async #dynamic(segment: Segment): Promise<{ readonly tag: number; readonly value: number }[]> {
    const step = this.#wide ? 8 : 4
    const table = await this.#bytes(segment.offset, segment.size)
    const entries: { tag: number; value: number }[] = []
    for (let at = 0; at + 2 * step <= table.length; at += 2 * step) {
      const tag = this.#word(table, at)
      if (tag === 0) break
      entries.push({ tag, value: this.#word(table, at + step) })
    }
    return entries
  }

  /** DT_STRTAB holds an address; the segment that is loaded there says where in the file it is. */
  async #strings(entries: readonly { readonly tag: number; readonly value: number }[], segments: readonly Segment[]): Promise<Buffer> {
    const address = entries.find(({ tag }) => tag === DT_STRTAB)?.value
    const size = entries.find(({ tag }) => tag === DT_STRSZ)?.value
    if (address === undefined || size === undefined) return Buffer.alloc(0)
    const home = segments.find((one) => one.type === PT_LOAD && address >= one.address && address < one.address + one.size)
    if (home === undefined) throw this.#broken('the string table is in no segment')
    return this.#bytes(home.offset + address - home.address, size)
  }

  async #bytes(offset: number, size: number): Promise<Buffer> {
    if (size > MAX_BYTES) throw this.#broken(`a table of ${size} bytes`)
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(size), 0, size, offset)
    if (bytesRead < size) throw this.#broken('the file is cut off')
    return buffer
  }

  #u16(from: Buffer, at: number): number {
    return this.#little ? from.readUInt16LE(at) : from.readUInt16BE(at)
  }

  #u32(from: Buffer, at: number): number {
    return this.#little ? from.readUInt32LE(at) : from.readUInt32BE(at)
  }

  #word(from: Buffer, at: number): number {
    if (!this.#wide) return this.#u32(from, at)
    return Number(this.#little ? from.readBigUInt64LE(at) : from.readBigUInt64BE(at))
  }

  #broken(reason: string): CliError {
    return new CliError('CLI_PACK_BAD_ELF', `${this.#path} is not a sound ELF file: ${reason}`, { kind: 'corrupt' })
  }
}

/** The NUL-terminated text at an offset. */
function textAt(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset)
  return bytes.toString('utf8', offset, end === -1 ? bytes.length : end)
}
