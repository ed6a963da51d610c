import { type FileHandle, open } from 'node:fs/promises'
import { hasErrno } from '@ct/errors'
import { nowNs } from '../store/time-text.ts'
import { FileWatch } from './file-watch.ts'
import { findTail } from './find-tail.ts'
import type { LogLine, LogOptions } from './log-line.ts'
import { parseLogLine } from './parse-log-line.ts'

const CHUNK = 256 * 1024

/** Whether more may be written to a log, and a notice when that has changed. */
export interface LogWriter {
  isLive(): boolean
  /** Gives a function that ends the notices. */
  onEnd(listener: () => void): () => void
}

/**
 * Reads a json-file log. With `follow` it goes on until the writer is no longer live and everything that it wrote was
 * read: liveness is looked at before the read that finds the end, so that no line is lost.
 */
export async function* readLog(path: string, writer: LogWriter, options: LogOptions = {}): AsyncGenerator<LogLine> {
  const { follow = false, tail, signal } = options
  signal?.throwIfAborted()
  const file = await openLog(path)
  if (file === undefined) return
  try {
    using watch = new FileWatch(path)
    const poke = (): void => watch.poke()
    signal?.addEventListener('abort', poke, { once: true })
    const forget = writer.onEnd(poke)
    try {
      const start = tail === undefined || tail < 0 ? 0 : await findTail(file, tail)
      yield* select(follow ? followLines(file, start, { watch, writer, options }) : lines(new LineReader(file, start)), options)
    } finally {
      forget()
      signal?.removeEventListener('abort', poke)
    }
  } finally {
    await file.close()
  }
}

async function* lines(reader: LineReader): AsyncGenerator<string> {
  for (;;) {
    const batch = await reader.next()
    if (batch === undefined) return
    yield* batch
  }
}

interface Following {
  readonly watch: FileWatch
  readonly writer: LogWriter
  readonly options: LogOptions
}

async function* followLines(file: FileHandle, start: number, { watch, writer, options }: Following): AsyncGenerator<string> {
  const reader = new LineReader(file, start)
  for (;;) {
    options.signal?.throwIfAborted()
    const isLive = writer.isLive() && (options.untilNs === undefined || nowNs() <= options.untilNs)
    yield* lines(reader)
    if (!isLive) return
    await watch.wait()
  }
}

async function* select(source: AsyncIterable<string>, options: LogOptions): AsyncGenerator<LogLine> {
  const { stdout = true, stderr = true, sinceNs, untilNs, signal } = options
  for await (const text of source) {
    signal?.throwIfAborted()
    const line = parseLogLine(text)
    if (line === undefined || !(line.stream === 'stdout' ? stdout : stderr)) continue
    if (sinceNs !== undefined && line.timeNs < sinceNs) continue
    if (untilNs !== undefined && line.timeNs > untilNs) return
    yield line
  }
}

/** Complete lines of a growing file, a chunk at a time. */
class LineReader {
  readonly #file: FileHandle
  readonly #buffer = Buffer.allocUnsafe(CHUNK)
  #position: number
  #rest: Buffer = Buffer.alloc(0)

  constructor(file: FileHandle, position: number) {
    this.#file = file
    this.#position = position
  }

  /** The lines that the next chunk completes; undefined at the present end. */
  async next(): Promise<string[] | undefined> {
    const { bytesRead } = await this.#file.read(this.#buffer, 0, CHUNK, this.#position)
    if (bytesRead === 0) return undefined
    this.#position += bytesRead
    const bytes = Buffer.concat([this.#rest, this.#buffer.subarray(0, bytesRead)])
    const end = bytes.lastIndexOf(10) + 1
    this.#rest = bytes.subarray(end)
    return end === 0 ? [] : bytes.toString('utf8', 0, end - 1).split('\n')
  }
}

async function openLog(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    // A container that never ran has no log yet.
    if (hasErrno(error, 'ENOENT')) return undefined
    throw error
  }
}
