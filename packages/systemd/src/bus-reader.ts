import { SystemdError } from './errors.ts'
import { alignmentOf, type BusValue, innerTypes, typesOf } from './signature.ts'

/** How deep variants may hold variants. */
const MAXIMUM_DEPTH = 32

/** Reads values as D-Bus writes them, little-endian; what does not fit is a SYSTEMD_BAD_ANSWER. */
export class BusReader {
  readonly #bytes: Buffer
  #at = 0
  #depth = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** One value for each type of the signature. */
  values(signature: string): BusValue[] {
    return this.#types(signature).map((type) => this.#value(type))
  }

  #value(type: string): BusValue {
    this.#align(alignmentOf(type))
    switch (type.charAt(0)) {
      case 'y':
        return this.#bytes.readUInt8(this.#take(1))
      case 'b':
        return this.#length() === 1
      case 'n':
        return this.#bytes.readInt16LE(this.#take(2))
      case 'q':
        return this.#bytes.readUInt16LE(this.#take(2))
      case 'i':
        return this.#bytes.readInt32LE(this.#take(4))
      case 'u':
        return this.#length()
      case 'x':
        return this.#bytes.readBigInt64LE(this.#take(8))
      case 't':
        return this.#bytes.readBigUInt64LE(this.#take(8))
      case 'd':
        return this.#bytes.readDoubleLE(this.#take(8))
      case 's':
      case 'o':
        return this.#text(this.#length())
      case 'g':
        return this.#text(this.#bytes.readUInt8(this.#take(1)))
      case 'v':
        return this.#variant()
      case 'a':
        return this.#array(type)
      default:
        return innerTypes(type).map((inner) => this.#value(inner))
    }
  }

  #variant(): BusValue {
    const signature = this.#value('g') as string
    if (this.#types(signature).length !== 1) throw malformed()
    this.#depth += 1
    if (this.#depth > MAXIMUM_DEPTH) throw malformed()
    const value = this.#value(signature)
    this.#depth -= 1
    return { signature, value }
  }

  #array(type: string): BusValue[] {
    const [inner = ''] = innerTypes(type)
    const length = this.#length()
    this.#align(alignmentOf(inner))
    const end = this.#at + length
    if (end > this.#bytes.length) throw malformed()
    const items: BusValue[] = []
    while (this.#at < end) items.push(this.#value(inner))
    if (this.#at !== end) throw malformed()
    return items
  }

  #types(signature: string): string[] {
    try {
      return typesOf(signature)
    } catch (error) {
      throw malformed(error)
    }
  }

  #length(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }

  #text(size: number): string {
    const start = this.#take(size + 1)
    return this.#bytes.toString('utf8', start, start + size)
  }

  #align(alignment: number): void {
    this.#take((alignment - (this.#at % alignment)) % alignment)
  }

  #take(size: number): number {
    const start = this.#at
    if (start + size > this.#bytes.length) throw malformed()
    this.#at += size
    return start
  }
}

function malformed(cause?: unknown): SystemdError {
  return new SystemdError('SYSTEMD_BAD_ANSWER', 'an answer of D-Bus cannot be read', { kind: 'corrupt', cause })
}
