/** Lets one writer at a time work on a repository: a manifest must not be stored while garbage is looked for beside it. */
export class RepositoryLocks {
  readonly #last = new Map<string, Promise<unknown>>()

  async run<Result>(repository: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(repository) ?? Promise.resolve()
    const mine = before.then(work, work)
    const settled = mine.catch(() => undefined)
    this.#last.set(repository, settled)
    try {
      return await mine
    } finally {
      if (this.#last.get(repository) === settled) this.#last.delete(repository)
    }
  }
}
