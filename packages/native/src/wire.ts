/**
 * Encodes messages for the helper (PROTOCOL.md): `CTN1`, the length of what follows, then operations. Integers are
 * little-endian; strings and bytes carry their length before and a NUL behind, which the length does not count.
 */
export class MessageWriter {
  #buffer: Buffer
  #length = 8
  #operationAt = -1

  constructor(initialBytes = 16_384) {
    this.#buffer = Buffer.allocUnsafe(initialBytes)
    this.#buffer.write('CTN1', 0, 'latin1')
  }

  /** Starts the next operation; what is written until the next call is its payload. */
  operation(opcode: number): this {
    this.#closeOperation()
    this.#operationAt = this.#length
    return this.u16(opcode).u16(0).u32(0)
  }

  u8(value: number): this {
    this.#room(1)
    this.#length = this.#buffer.writeUInt8(value, this.#length)
    return this
  }

  boolean(value: boolean | undefined): this {
    return this.u8(value ? 1 : 0)
  }

  u16(value: number): this {
    this.#room(2)
    this.#length = this.#buffer.writeUInt16LE(value, this.#length)
    return this
  }

  u32(value: number): this {
    this.#room(4)
    this.#length = this.#buffer.writeUInt32LE(value, this.#length)
    return this
  }

  i32(value: number): this {
    this.#room(4)
    this.#length = this.#buffer.writeInt32LE(value, this.#length)
    return this
  }

  /** A number is a safe integer from 0 on; it is written several times faster than a bigint. */
  u64(value: bigint | number): this {
    if (typeof value === 'number') return this.u32(value % 2 ** 32).u32(Math.floor(value / 2 ** 32))
    this.#room(8)
    this.#length = this.#buffer.writeBigUInt64LE(value, this.#length)
    return this
  }

  i64(value: bigint): this {
    this.#room(8)
    this.#length = this.#buffer.writeBigInt64LE(value, this.#length)
    return this
  }

  bytes(value: Uint8Array): this {
    this.u32(value.length).#room(value.length + 1)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
    return this.u8(0)
  }

  string(value: string): this {
    if (value.includes('\0')) throw new TypeError(`a string for the helper must not contain NUL: ${JSON.stringify(value)}`)
    const size = Buffer.byteLength(value)
    this.u32(size).#room(size + 1)
    this.#buffer.write(value, this.#length, size, 'utf8')
    this.#length += size
    return this.u8(0)
  }

  /** A count, then each item as `write` writes it. */
  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.u32(items.length)
    for (const item of items) write(item)
    return this
  }

  strings(items: readonly string[]): this {
    return this.list(items, (item) => this.string(item))
  }

  /** The whole message, header included. The writer must not be used after. */
  finish(): Uint8Array {
    this.#closeOperation()
    this.#buffer.writeUInt32LE(this.#length - 8, 4)
    return this.#buffer.subarray(0, this.#length)
  }

  #closeOperation(): void {
    if (this.#operationAt >= 0) this.#buffer.writeUInt32LE(this.#length - this.#operationAt - 8, this.#operationAt + 4)
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
