/** A request that was answered, for logs and metrics. */
export interface RequestRecord {
  readonly method: string
  /** With the query, as it came. */
  readonly path: string
  /** The kind of endpoint: `base catalog uploads upload blob manifest tags referrers page none`. */
  readonly route: string
  /** Empty where there is none. */
  readonly repository: string
  readonly status: number
  readonly durationMs: number
  /** Bytes of the body that was promised. */
  readonly sentBytes: number
  /** False when the client went away before the end. */
  readonly isWhole: boolean
  readonly user: string | undefined
  readonly remoteAddress: string | undefined
}
