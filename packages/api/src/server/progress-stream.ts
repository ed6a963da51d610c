import type { ProgressMessage } from '../wire/progress.ts'
import { primed } from './primed.ts'

/** Work that reports as it goes; the signal aborts when nobody listens any more. */
export type ReportingWork = (report: (messages: readonly ProgressMessage[]) => void, ended: AbortSignal) => Promise<void>

/**
 * Runs work and gives what it reports; resolves with the first report. Work that fails before it rejects this, so the
 * failure still gets a status of its own. Byte counts come ten times a second, and for a slow client only the latest ones.
 */
export function progressOf(signal: AbortSignal, work: ReportingWork): Promise<AsyncIterable<ProgressMessage>> {
  return primed(runReporting(signal, work))
}

async function* runReporting(signal: AbortSignal, work: ReportingWork): AsyncGenerator<ProgressMessage, void, undefined> {
  const queue = new ProgressQueue()
  const ended = new AbortController()
  let wake = (): void => undefined
  const report = (messages: readonly ProgressMessage[]): void => {
    for (const message of messages) queue.push(message)
    wake()
  }
  let isDone = false
  const done = work(report, AbortSignal.any([signal, ended.signal])).finally(() => {
    isDone = true
    wake()
  })
  // Whoever reads gets the failure below; this one is for a reader that has left.
  done.catch(() => undefined)
  try {
    while (!isDone || !queue.isEmpty) {
      const message = queue.shift()
      if (message !== undefined) yield message
      else if (!isDone) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    await done
  } finally {
    ended.abort(new Error('nobody listens to the progress'))
  }
}

/** Between two byte counts of one layer, as docker does it. */
const COUNT_PERIOD_MS = 100

class ProgressQueue {
  readonly #messages: ProgressMessage[] = []
  readonly #lastById = new Map<string, { readonly status: string | undefined; readonly atMs: number }>()

  get isEmpty(): boolean {
    return this.#messages.length === 0
  }

  shift(): ProgressMessage | undefined {
    return this.#messages.shift()
  }

  /** Adds a message, unless it says nothing new: the same state again, or another byte count so soon. */
  push(message: ProgressMessage): void {
    const { id, status, progressDetail } = message
    if (id === undefined) {
      this.#messages.push(message)
      return
    }
    const last = this.#lastById.get(id)
    const nowMs = performance.now()
    if (last !== undefined && last.status === status) {
      const waiting = this.#messages.findLastIndex((queued) => queued.id === id)
      if (waiting !== -1) this.#messages[waiting] = message
      if (waiting !== -1 || progressDetail?.total === undefined || nowMs - last.atMs < COUNT_PERIOD_MS) return
    }
    this.#lastById.set(id, { status, atMs: nowMs })
    this.#messages.push(message)
  }
}
