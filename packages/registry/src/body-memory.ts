import { tooMany } from './access/user-limits.ts'

const MOST_BYTES = 256 * 1024 * 1024
const RETRY_SECONDS = 5

/** What one body has in memory; disposing gives it back. */
export interface HeldBody extends Disposable {
  /** Throws DistributionError `DISTRIBUTION_TOOMANYREQUESTS` when all bodies together would have too much. */
  take(sizeBytes: number): void
}

/** Bounds what all bodies that must be read whole have in memory at once: each is small, but anybody may send many. */
export class BodyMemory {
  readonly #mostBytes: number
  #heldBytes = 0

  constructor({ mostBytes = MOST_BYTES }: { readonly mostBytes?: number } = {}) {
    this.#mostBytes = mostBytes
  }

  open(): HeldBody {
    let mine = 0
    return {
      take: (sizeBytes) => {
        if (this.#heldBytes + sizeBytes > this.#mostBytes) throw tooMany('too many manifests come at once', RETRY_SECONDS)
        this.#heldBytes += sizeBytes
        mine += sizeBytes
      },
      [Symbol.dispose]: () => {
        this.#heldBytes -= mine
        mine = 0
      },
    }
  }
}
