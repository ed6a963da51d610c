import { DistributionError } from '../errors.ts'

/** What one user may ask of a registry; those without an account are told apart by their addresses. */
export interface UserLimits {
  /** Over time. @default no limit */
  readonly requestsPerSecond?: number | undefined
  /** Requests that may come at once after a pause. @default those of ten seconds */
  readonly burst?: number | undefined
  /** Uploads under way at the same time. @default no limit */
  readonly uploads?: number | undefined
}

interface Allowance {
  left: number
  atMs: number
}

/** Users remembered; one who is forgotten begins with a full allowance. */
const MOST_KNOWN = 10_000

/** Counts the requests of each user: an allowance is used up by requests, and comes back with time. */
export class RequestRates {
  readonly #perMs: number
  readonly #burst: number
  readonly #known = new Map<string, Allowance>()

  constructor({ requestsPerSecond = Number.POSITIVE_INFINITY, burst = 10 * requestsPerSecond }: UserLimits = {}) {
    this.#perMs = requestsPerSecond / 1000
    this.#burst = Math.max(1, burst)
  }

  /** Throws DistributionError `DISTRIBUTION_TOOMANYREQUESTS`, which says when to come again, when the allowance is used up. */
  spend(user: string, nowMs: number = performance.now()): void {
    if (this.#perMs === Number.POSITIVE_INFINITY) return
    const { left, atMs } = this.#known.get(user) ?? { left: this.#burst, atMs: nowMs }
    const grown = Math.min(this.#burst, left + (nowMs - atMs) * this.#perMs)
    if (grown < 1) throw tooMany(`more requests than ${this.#perMs * 1000} a second`, (1 - grown) / this.#perMs / 1000)
    // Whoever was here last is forgotten last.
    this.#known.delete(user)
    if (this.#known.size >= MOST_KNOWN) this.#known.delete(this.#known.keys().next().value ?? user)
    this.#known.set(user, { left: grown - 1, atMs: nowMs })
  }
}

/** The answer to somebody who asks for too much: it may be asked for again after some seconds. */
export function tooMany(message: string, seconds: number): DistributionError {
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(seconds))) }
  return new DistributionError('DISTRIBUTION_TOOMANYREQUESTS', message, { headers })
}
