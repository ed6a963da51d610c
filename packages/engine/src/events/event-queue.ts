import type { EngineEvent } from './engine-event.ts'

/** Events on their way to one subscriber. */
export class EventQueue {
  readonly #accepts: (event: EngineEvent) => boolean
  readonly #waiting: EngineEvent[] = []
  #ended = false
  #reason: unknown
  #wake: (() => void) | undefined

  constructor(accepts: (event: EngineEvent) => boolean) {
    this.#accepts = accepts
  }

  push(event: EngineEvent): void {
    if (this.#ended || !this.#accepts(event)) return
    this.#waiting.push(event)
    this.#wake?.()
  }

  /** No more events; with a reason the reader's next step is rejected with it. */
  end(reason?: unknown): void {
    this.#ended = true
    this.#reason ??= reason
    this.#wake?.()
  }

  /** Reads until the end; `leave` is called when the reader is done, however that came. */
  async *drain(leave: () => void): AsyncGenerator<EngineEvent> {
    try {
      for (;;) {
        if (this.#reason !== undefined) throw this.#reason
        const event = this.#waiting.shift()
        if (event !== undefined) yield event
        else if (this.#ended) return
        else await this.#news()
      }
    } finally {
      leave()
    }
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
