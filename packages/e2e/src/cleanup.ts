/** What a suite has opened, closed in reverse order; all of it, even when one fails. */
export class Cleanup implements AsyncDisposable {
  readonly #undo: (() => PromiseLike<void>)[] = []

  /** Takes a resource along and gives it back. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.#undo.push(() => resource[Symbol.asyncDispose]())
    return resource
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = []
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'cleaning up failed')
  }
}
