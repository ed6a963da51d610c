import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { RegistryEvent } from './registry-event.ts'

/** Somebody who is told of events by an HTTP POST. */
export interface Webhook {
  readonly url: URL
  /** Signs the body: `X-Ct-Signature-256: sha256=<hex of HMAC>`. */
  readonly secret?: string | undefined
  /** @default ['push', 'delete'] */
  readonly actions?: readonly RegistryEvent['action'][] | undefined
}

/** Options of {@link Webhooks}. */
export interface WebhooksOptions {
  /** Hears of an event that could not be delivered. */
  readonly onError: (error: unknown) => void
  /** Pauses between the attempts to deliver; as many attempts follow the first. @default [1000, 5000, 25_000] */
  readonly pausesMs?: readonly number[] | undefined
}

const TIMEOUT_MS = 10_000
/** Events that wait for a receiver that is slow or gone; the rest is dropped, and told. */
const MOST_WAITING = 1000

/**
 * Tells receivers of events in the order in which they came, each receiver on its own. What is on its way when the process ends is lost:
 * whoever needs everything must ask the registry.
 */
export class Webhooks implements AsyncDisposable {
  readonly #queues: readonly Queue[]

  constructor(hooks: readonly Webhook[], { onError, pausesMs = [1000, 5000, 25_000] }: WebhooksOptions) {
    this.#queues = hooks.map((hook) => new Queue(hook, { onError, pausesMs }))
  }

  send(event: RegistryEvent): void {
    for (const queue of this.#queues) queue.add(event)
  }

  /** Gives up what is not delivered. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.close()))
  }
}

class Queue {
  readonly #hook: Webhook
  readonly #options: Required<WebhooksOptions> & { readonly pausesMs: readonly number[] }
  readonly #closed = new AbortController()
  readonly #waiting: string[] = []
  #working: Promise<void> | undefined

  constructor(hook: Webhook, options: { readonly onError: (error: unknown) => void; readonly pausesMs: readonly number[] }) {
    this.#hook = hook
    this.#options = options
  }

  add(event: RegistryEvent): void {
    if (this.#closed.signal.aborted || !(this.#hook.actions ?? ['push', 'delete']).includes(event.action)) return
    if (this.#waiting.length >= MOST_WAITING) {
      this.#options.onError(new Error(`${this.#hook.url.origin} is too slow: an event of ${event.repository} is dropped`))
      return
    }
    this.#waiting.push(JSON.stringify({ id: randomUUID(), time: new Date().toISOString(), ...event }))
    this.#working ??= this.#work()
  }

  async close(): Promise<void> {
    this.#waiting.length = 0
    this.#closed.abort()
    await this.#working
  }

  async #work(): Promise<void> {
    for (let body = this.#waiting.shift(); body !== undefined; body = this.#waiting.shift()) {
      try {
        await this.#deliver(body)
      } catch (error) {
        if (!this.#closed.signal.aborted) this.#options.onError(error)
      }
    }
    // At once: an event that comes from now on finds nobody at work.
    this.#working = undefined
  }

  async #deliver(body: string): Promise<void> {
    const { signal } = this.#closed
    for (const pauseMs of [...this.#options.pausesMs, undefined]) {
      try {
        return await this.#post(body)
      } catch (error) {
        if (pauseMs === undefined || signal.aborted) throw error
        await setTimeout(pauseMs, undefined, { signal, ref: false })
      }
    }
  }

  async #post(body: string): Promise<void> {
    const { url, secret } = this.#hook
    const headers: Record<string, string> = { 'content-type': 'application/json', 'user-agent': 'ct-registry' }
    if (secret !== undefined) headers['x-ct-signature-256'] = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(TIMEOUT_MS)])
    const answer = await fetch(url, { method: 'POST', body, headers, redirect: 'error', signal })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`${url.origin} answered an event with ${answer.status}`)
  }
}
