import type { LogLine } from '@ct/engine'

/** How to write the lines of a log. */
export interface LogFormat {
  /** Raw, as from a terminal; otherwise each line is a frame of docker's multiplexed stream. */
  readonly tty: boolean
  /** Put the time before each line. */
  readonly timestamps: boolean
  /** Put these attributes before each line (and after the time), as `name=value,…`. */
  readonly details?: string | undefined
}

/** The bytes of a log as `docker logs` reads them. */
export async function* logFrames(lines: AsyncIterable<LogLine>, format: LogFormat): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { stream, timeText, line } of lines) {
    const prefix = Buffer.from(`${format.timestamps ? `${timeText} ` : ''}${format.details === undefined ? '' : `${format.details} `}`)
    yield format.tty ? Buffer.concat([prefix, line]) : Buffer.concat([frameHeader(stream, prefix.length + line.length), prefix, line])
  }
}

/** Header of a frame of docker's multiplexed stream. */
export function frameHeader(stream: 'stdout' | 'stderr', sizeBytes: number): Uint8Array {
  const header = Buffer.alloc(8)
  header[0] = stream === 'stderr' ? 2 : 1
  header.writeUInt32BE(sizeBytes, 4)
  return header
}
