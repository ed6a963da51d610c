import { setTimeout as sleep } from 'node:timers/promises'
import { RegistryError } from './errors.ts'
import { isHopeless } from './network-error.ts'
import type { RetryOptions } from './options.ts'

/** A failure that may pass, and how long the registry wants us to wait. */
export class Again {
  readonly error: unknown
  readonly retryAfterMs: number | undefined

  constructor(error: unknown, retryAfterMs?: number) {
    this.error = error
    this.retryAfterMs = retryAfterMs
  }
}

/** Makes attempts, with pauses between them, until one gives something else than {@link Again}, or there were enough. */
export async function retrying<T>(
  attempt: () => Promise<T | Again>,
  { retry, signal }: { readonly retry: RetryOptions; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  const backoff = new Backoff(retry)
  for (;;) {
    signal?.throwIfAborted()
    const outcome = await attempt()
    if (!(outcome instanceof Again)) return outcome
    await backoff.pause(outcome, signal)
  }
}

/** A plan of pauses: exponential, with jitter, and as long as the registry asks for, within a limit. */
export class Backoff {
  readonly #attempts: number
  readonly #baseMs: number
  readonly #maxMs: number
  #failures = 0

  constructor({ attempts = 5, baseDelayMs = 250, maxDelayMs = 30_000 }: RetryOptions = {}) {
    this.#attempts = attempts
    this.#baseMs = baseDelayMs
    this.#maxMs = maxDelayMs
  }

  /** Notes that something went well: the count starts again. */
  reset(): void {
    this.#failures = 0
  }

  /** Waits before the next attempt; throws the error when there is none left. */
  async pause({ error, retryAfterMs }: Again, signal?: AbortSignal): Promise<void> {
    this.#failures++
    if (this.#failures >= this.#attempts) throw error
    const exponential = this.#baseMs * 2 ** (this.#failures - 1)
    const pauseMs = retryAfterMs ?? exponential * (0.5 + Math.random() / 2)
    try {
      await sleep(Math.min(pauseMs, this.#maxMs), undefined, { signal })
    } catch (abort) {
      signal?.throwIfAborted()
      throw abort
    }
  }
}

/**
 * Reads a `Retry-After` header: seconds or a date.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfter(header: string | undefined, now: number = Date.now()): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** Whether trying again may help: the connection broke, or the registry is busy; not when it refused. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof RegistryError) || isHopeless(error)) return false
  return error.code === 'REGISTRY_UNREACHABLE' || error.code === 'REGISTRY_SERVER_ERROR' || error.code === 'REGISTRY_TOO_MANY_REQUESTS'
}
