/** Work that nobody waits for where it is begun, but that must have ended before the engine is closed. */
export class BackgroundTasks {
  readonly #running = new Set<Promise<unknown>>()

  /** Takes a promise that does not reject. */
  add(task: Promise<unknown>): void {
    this.#running.add(task)
    void task.finally(() => this.#running.delete(task))
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running])
  }
}
