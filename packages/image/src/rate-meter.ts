const windowMs = 1000

/** Tells how fast a total grows: over the last second or two, or since its beginning. */
export class RateMeter {
  #from: { readonly ms: number; readonly bytes: number }
  #next: { readonly ms: number; readonly bytes: number }

  /** Takes the total as it is now, and the clock, in milliseconds. */
  constructor(bytes: number, now: number = performance.now()) {
    this.#from = { ms: now, bytes }
    this.#next = this.#from
  }

  /** Bytes per second, given the total as it is now. */
  measure(bytes: number, now: number = performance.now()): number {
    if (now - this.#next.ms >= windowMs) {
      this.#from = this.#next
      this.#next = { ms: now, bytes }
    }
    const elapsedMs = now - this.#from.ms
    return elapsedMs > 0 ? ((bytes - this.#from.bytes) * 1000) / elapsedMs : 0
  }
}
