import { nowNs } from '../store/time-text.ts'
import type { EngineEvent, SubscribeOptions } from './engine-event.ts'
import { matchesEvent } from './event-filter.ts'
import { EventQueue } from './event-queue.ts'
import type { Events } from './events.ts'

const REMEMBERED = 1024

/** Hands events to every subscriber, and remembers the last 1024. */
export class EventBus implements Events {
  readonly #recent: EngineEvent[] = []
  readonly #queues = new Set<EventQueue>()
  #closed = false

  /** Tells everybody, with the present time. */
  emit(event: Omit<EngineEvent, 'timeNs'>): void {
    const timed: EngineEvent = { ...event, timeNs: nowNs() }
    this.#recent.push(timed)
    if (this.#recent.length > REMEMBERED) this.#recent.shift()
    for (const queue of this.#queues) queue.push(timed)
  }

  subscribe({ sinceNs, untilNs, filters = {}, signal }: SubscribeOptions = {}): AsyncIterable<EngineEvent> {
    const queue = new EventQueue((event) => (untilNs === undefined || event.timeNs <= untilNs) && matchesEvent(event, filters))
    if (sinceNs !== undefined) {
      for (const event of this.#recent) if (event.timeNs >= sinceNs) queue.push(event)
    }
    const leave = (): void => {
      this.#queues.delete(queue)
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const abort = (): void => queue.end(signal?.reason)
    const timer = untilNs === undefined ? undefined : setTimeout(() => queue.end(), millisecondsUntil(untilNs))
    timer?.unref()
    signal?.addEventListener('abort', abort, { once: true })
    this.#queues.add(queue)
    if (signal?.aborted === true) abort()
    if (this.#closed) queue.end()
    return queue.drain(leave)
  }

  /** Ends every subscription once its reader has what is waiting. */
  close(): void {
    this.#closed = true
    for (const queue of this.#queues) queue.end()
  }
}

function millisecondsUntil(timeNs: bigint): number {
  return Math.min(Math.max(0, Number(timeNs / 1_000_000n) - Date.now() + 1), 2 ** 31 - 1)
}
