interface Waiter<Value> {
  readonly resolve: (value: Value) => void
  readonly reject: (reason: unknown) => void
}

/** Everybody who waits for the next time that something happens. */
export class Waiters<Value> {
  readonly #waiting = new Set<Waiter<Value>>()

  /** Resolves with the next value; rejects with the signal's reason. */
  next(signal?: AbortSignal): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason)
      const forget = (): void => {
        this.#waiting.delete(waiter)
        signal?.removeEventListener('abort', abort)
      }
      const waiter: Waiter<Value> = {
        resolve: (value) => {
          forget()
          resolve(value)
        },
        reject: (reason) => {
          forget()
          reject(reason)
        },
      }
      const abort = (): void => waiter.reject(signal?.reason)
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.add(waiter)
    })
  }

  settle(value: Value): void {
    for (const { resolve } of [...this.#waiting]) resolve(value)
  }

  fail(reason: unknown): void {
    for (const { reject } of [...this.#waiting]) reject(reason)
  }
}
