import type { SparseMap } from './sparse-map.ts'

const ZEROS = Buffer.alloc(256 * 1024)

/** Turns the stored bytes of a sparse file into its content, holes filled with zeros. */
export class HoleFiller {
  readonly #map: SparseMap
  #next = 0
  #left = 0
  #position = 0

  constructor(map: SparseMap) {
    this.#map = map
  }

  *write(chunk: Uint8Array): Generator<Uint8Array, void> {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left === 0) yield* this.#nextFragment()
      const take = Math.min(this.#left, chunk.length - at)
      yield chunk.subarray(at, at + take)
      this.#left -= take
      this.#position += take
      at += take
    }
  }

  /** Fills the hole at the end. */
  *end(): Generator<Uint8Array, void> {
    yield* this.#fillTo(this.#map.realSizeBytes)
  }

  *#nextFragment(): Generator<Uint8Array, void> {
    let fragment = this.#map.fragments[this.#next++]
    while (fragment?.sizeBytes === 0) fragment = this.#map.fragments[this.#next++]
    yield* this.#fillTo(fragment?.offset ?? this.#position)
    this.#left = fragment?.sizeBytes ?? Number.POSITIVE_INFINITY
  }

  *#fillTo(end: number): Generator<Uint8Array, void> {
    while (this.#position < end) {
      const take = Math.min(ZEROS.length, end - this.#position)
      this.#position += take
      yield ZEROS.subarray(0, take)
    }
  }
}
