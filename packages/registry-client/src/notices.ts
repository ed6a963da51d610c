import type { IncomingHttpHeaders } from 'node:http'

/** How many requests a registry still lets us make, as it told with an answer. */
export interface RateLimit {
  readonly registry: string
  readonly limit: number | undefined
  readonly remaining: number
  /** The time that the limit is for. */
  readonly windowSeconds: number | undefined
}

/** Something that a registry wants its users to know. */
export interface Warning {
  readonly registry: string
  readonly text: string
}

/** Hears what registries say besides their answers. */
export interface NoticeListeners {
  readonly onRateLimit?: ((limit: RateLimit) => void) | undefined
  /** Each text of a registry is told once. */
  readonly onWarning?: ((warning: Warning) => void) | undefined
}

const MOST_WARNINGS = 100

/** Passes on the rate limits and warnings of answers. */
export class Notices {
  readonly #listeners: NoticeListeners
  readonly #told = new Set<string>()

  constructor(listeners: NoticeListeners) {
    this.#listeners = listeners
  }

  read(registry: string, headers: IncomingHttpHeaders): void {
    const { onRateLimit, onWarning } = this.#listeners
    const remaining = parseQuota(headers['ratelimit-remaining'])
    if (remaining !== undefined && onRateLimit !== undefined) {
      const limit = parseQuota(headers['ratelimit-limit'])
      onRateLimit({
        registry,
        limit: limit?.count,
        remaining: remaining.count,
        windowSeconds: remaining.windowSeconds ?? limit?.windowSeconds,
      })
    }
    if (onWarning === undefined) return
    for (const text of parseWarnings(headers.warning)) {
      const key = `${registry} ${text}`
      if (this.#told.has(key) || this.#told.size >= MOST_WARNINGS) continue
      this.#told.add(key)
      onWarning({ registry, text })
    }
  }
}

/** Reads `76;w=21600` as Docker Hub writes it. */
function parseQuota(header: string | string[] | undefined): { count: number; windowSeconds: number | undefined } | undefined {
  const match = /^\s*(\d{1,9})(?:\s*;\s*w=(\d{1,9}))?/.exec(String(header ?? ''))
  return match === null ? undefined : { count: Number(match[1]), windowSeconds: match[2] === undefined ? undefined : Number(match[2]) }
}

/**
 * Reads `299 - "text"`.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#warnings
 */
function parseWarnings(header: string | string[] | undefined): readonly string[] {
  const text = [header ?? []].flat().join(',')
  return Array.from(text.matchAll(/\b299 - "((?:[^"\\]|\\.){1,1000})"/g), ([, said = '']) =>
    said.replace(/\\(.)/g, '$1').replace(/[^ -~]+/g, ' '),
  )
}
