import { alignmentOf, type BusValue, innerTypes, typesOf, type Variant } from './signature.ts'

/** Writes values as D-Bus does, little-endian. */
export class BusWriter {
  #bytes = Buffer.alloc(256)
  #size = 0

  /** What has been written. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#size)
  }

  /** Fills up with zeros to a multiple of `alignment`. */
  align(alignment: number): void {
    this.#take((alignment - (this.#size % alignment)) % alignment)
  }

  /** Writes one value for each type of the signature. */
  values(signature: string, values: readonly BusValue[]): this {
    const types = typesOf(signature)
    if (types.length !== values.length) throw new TypeError(`${types.length} values are wanted for ${signature}`)
    for (const [index, type] of types.entries()) this.#value(type, values[index] as BusValue)
    return this
  }

  #value(type: string, value: BusValue): void {
    this.align(alignmentOf(type))
    switch (type.charAt(0)) {
      case 'y':
        this.#put(1, (bytes, at) => bytes.writeUInt8(Number(value), at))
        return
      case 'b':
      case 'u':
        this.#put(4, (bytes, at) => bytes.writeUInt32LE(Number(value), at))
        return
      case 'i':
        this.#put(4, (bytes, at) => bytes.writeInt32LE(Number(value), at))
        return
      case 't':
        this.#put(8, (bytes, at) => bytes.writeBigUInt64LE(value as bigint, at))
        return
      case 'x':
        this.#put(8, (bytes, at) => bytes.writeBigInt64LE(value as bigint, at))
        return
      case 's':
      case 'o':
        this.#put(4, (bytes, at) => bytes.writeUInt32LE(Buffer.byteLength(value as string), at))
        this.#text(value as string)
        return
      case 'g':
        this.#put(1, (bytes, at) => bytes.writeUInt8((value as string).length, at))
        this.#text(value as string)
        return
      case 'v':
        this.#value('g', (value as Variant).signature)
        this.#value((value as Variant).signature, (value as Variant).value)
        return
      case 'a':
        this.#array(type, value as readonly BusValue[])
        return
      case '(':
      case '{':
        this.values(innerTypes(type).join(''), value as readonly BusValue[])
        return
      default:
        throw new TypeError(`values of type ${type} cannot be sent`)
    }
  }

  /** Its length is that of the items, without what aligns the first. */
  #array(type: string, items: readonly BusValue[]): void {
    const [inner = ''] = innerTypes(type)
    const length = this.#take(4)
    this.align(alignmentOf(inner))
    const start = this.#size
    for (const item of items) this.#value(inner, item)
    this.#bytes.writeUInt32LE(this.#size - start, length)
  }

  #text(value: string): void {
    if (value.includes('\0')) throw new TypeError('text of D-Bus has no NUL')
    const size = Buffer.byteLength(value)
    this.#put(size + 1, (bytes, at) => bytes.write(value, at))
  }

  /** The buffer may be another one once there is room. */
  #put(size: number, write: (bytes: Buffer, at: number) => void): void {
    const at = this.#take(size)
    write(this.#bytes, at)
  }

  /** Makes room for zeros, and answers where. */
  #take(size: number): number {
    const at = this.#size
    this.#size += size
    if (this.#size > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], this.#size * 2)
    return at
  }
}
