/** One line (or, of a very long line, one part) that a container wrote. */
export interface LogLine {
  readonly stream: 'stdout' | 'stderr'
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint
  /** The same in RFC 3339 with nine digits. */
  readonly timeText: string
  /** With its line end, if it has one. */
  readonly line: Uint8Array
}

/** Which lines of a log to read. */
export interface LogOptions {
  /** @default true */
  readonly stdout?: boolean | undefined
  /** @default true */
  readonly stderr?: boolean | undefined
  /** Go on with new lines until the container ends. @default false */
  readonly follow?: boolean | undefined
  /** Only the last so many lines. @default all */
  readonly tail?: number | undefined
  /** Lines at or after this time. */
  readonly sinceNs?: bigint | undefined
  /** Lines at or before this time. */
  readonly untilNs?: bigint | undefined
  readonly signal?: AbortSignal | undefined
}
