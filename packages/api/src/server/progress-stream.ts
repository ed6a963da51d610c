import type { ProgressMessage } from '../wire/progress.ts'
import { primed } from './primed.ts'

/** Work that reports as it goes; the signal aborts when nobody listens any more. */
export type ReportingWork = (report: (messages: readonly ProgressMessage[]) => void, ended: AbortSignal) => Promise<void>

/**
 * Runs work and gives what it reports; resolves with the first report. Work that fails before it rejects this, so the
 * failure still gets a status of its own. For a slow client only the latest byte count of each layer is kept.
 */
export function progressOf(signal: AbortSignal, work: ReportingWork): Promise<AsyncIterable<ProgressMessage>> {
  return primed(runReporting(signal, work))
}

async function* runReporting(signal: AbortSignal, work: ReportingWork): AsyncGenerator<ProgressMessage, void, undefined> {
  const queue: ProgressMessage[] = []
  const ended = new AbortController()
  let wake = (): void => undefined
  const report = (messages: readonly ProgressMessage[]): void => {
    for (const message of messages) enqueue(queue, message)
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
    while (!isDone || queue.length > 0) {
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

function enqueue(queue: ProgressMessage[], message: ProgressMessage): void {
  const last = message.id === undefined ? -1 : queue.findLastIndex(({ id }) => id === message.id)
  if (last !== -1 && queue[last]?.status === message.status) queue[last] = message
  else queue.push(message)
}
