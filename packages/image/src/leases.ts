import type { Digest } from './digest.ts'

/** Remembers what was pushed or found while somebody holds a lease, so that it is not collected before it has a reference. */
export class Leases {
  readonly #open = new Set<Set<Digest>>()

  open(): Disposable {
    const touched = new Set<Digest>()
    this.#open.add(touched)
    return { [Symbol.dispose]: () => void this.#open.delete(touched) }
  }

  touch(digest: Digest): void {
    for (const touched of this.#open) touched.add(digest)
  }

  holds(digest: Digest): boolean {
    for (const touched of this.#open) if (touched.has(digest)) return true
    return false
  }

  *digests(): Generator<Digest> {
    for (const touched of this.#open) yield* touched
  }
}
