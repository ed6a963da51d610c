import { type FSWatcher, watch } from 'node:fs'

/** Tells when a file has changed. Changes between two waits are not lost. */
export class FileWatch implements Disposable {
  readonly #watcher: FSWatcher | undefined
  readonly #pollMs: number
  #isDirty = false
  #wake: (() => void) | undefined

  constructor(path: string) {
    this.#watcher = openWatcher(path, () => this.poke())
    this.#pollMs = this.#watcher === undefined ? 100 : 1000
  }

  /** Ends the present wait, or the next one at once. */
  poke(): void {
    this.#isDirty = true
    this.#wake?.()
  }

  /** Resolves at the next change, and now and then without one, so that a lost notice only delays. */
  async wait(): Promise<void> {
    if (!this.#isDirty) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        timer = setTimeout(resolve, this.#pollMs)
      })
      clearTimeout(timer)
    }
    this.#wake = undefined
    this.#isDirty = false
  }

  [Symbol.dispose](): void {
    this.#watcher?.close()
  }
}

/** The kernel's watches are limited per user; without one the file is polled. */
function openWatcher(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, onChange)
    watcher.on('error', onChange)
    return watcher
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}
