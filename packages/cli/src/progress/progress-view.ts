import type { ProgressMessage } from '@ct/api'
import type { Output } from '../context.ts'
import { isDone, isMoving, type LineState, progressLine } from './progress-line.ts'

/** Shows the messages of a pull, push or load. */
export interface ProgressView {
  update(message: ProgressMessage): void
  /** Draws what is left and leaves the cursor below. */
  finish(): void
}

/** What a view may be given by a test. */
export interface ViewOptions {
  /** @default Date.now */
  readonly now?: () => number
  /** Milliseconds between two drawings. @default 100 */
  readonly intervalMs?: number
}

/** A view with bars in place on a terminal, one line per change of status elsewhere. */
export function createProgressView(output: Output, options: ViewOptions = {}): ProgressView {
  return output.isTTY === true ? new TerminalView(output, options) : new PlainView(output)
}

/** Lines without bars; a status is told once. */
class PlainView implements ProgressView {
  readonly #output: Output
  readonly #told = new Map<string, string>()

  constructor(output: Output) {
    this.#output = output
  }

  update({ id, status, stream, progressDetail }: ProgressMessage): void {
    if (stream !== undefined) this.#output.write(stream)
    if (status === undefined || progressDetail?.current !== undefined) return
    if (id !== undefined && this.#told.get(id) === status) return
    if (id !== undefined) this.#told.set(id, status)
    this.#output.write(id === undefined ? `${status}\n` : `${id}: ${status}\n`)
  }

  finish(): void {
    this.#told.clear()
  }
}

interface Sample {
  readonly at: number
  readonly bytes: number
}

/** A block of lines that is redrawn in place; lines that are done leave it at its upper end and are never touched again. */
class TerminalView implements ProgressView {
  readonly #output: Output
  readonly #now: () => number
  readonly #intervalMs: number
  readonly #lines = new Map<string, LineState>()
  readonly #samples = new Map<string, Sample>()
  #drawn = 0
  #lastDrawing = 0
  #timer: NodeJS.Timeout | undefined

  constructor(output: Output, { now = Date.now, intervalMs = 100 }: ViewOptions) {
    this.#output = output
    this.#now = now
    this.#intervalMs = intervalMs
  }

  update({ id, status, stream, progressDetail }: ProgressMessage): void {
    if (stream !== undefined) this.#above(stream)
    if (status === undefined) return
    if (id === undefined || status.startsWith('Pulling from')) {
      this.#above(id === undefined ? `${status}\n` : `${id}: ${status}\n`)
      return
    }
    const { current, total } = progressDetail ?? {}
    this.#lines.set(id, { id, status, current, total, rate: this.#rate(id, status, current) })
    this.#schedule()
  }

  finish(): void {
    this.#draw()
    this.#drawn = 0
    this.#lines.clear()
  }

  /** Bytes per second, smoothed: the mean of the old rate and that of the last half second. */
  #rate(id: string, status: string, current: number | undefined): number | undefined {
    const line = this.#lines.get(id)
    if (current === undefined || !isMoving(status)) return undefined
    const sample = this.#samples.get(id)
    if (sample === undefined || line?.status !== status || current < sample.bytes) {
      this.#samples.set(id, { at: this.#now(), bytes: current })
      return undefined
    }
    const elapsed = this.#now() - sample.at
    if (elapsed < 500) return line.rate
    this.#samples.set(id, { at: this.#now(), bytes: current })
    const rate = ((current - sample.bytes) * 1000) / elapsed
    return line.rate === undefined ? rate : (line.rate + rate) / 2
  }

  #schedule(): void {
    if (this.#timer !== undefined) return
    const wait = Math.max(0, this.#lastDrawing + this.#intervalMs - this.#now())
    if (wait === 0) this.#draw()
    else this.#timer = setTimeout(() => this.#draw(), wait).unref()
  }

  /** Plain text goes below the lines that are done and above those that still move. */
  #above(text: string): void {
    this.#draw()
    this.#output.write(`${this.#back()}\x1b[J${text}`)
    this.#drawn = 0
    this.#draw()
  }

  #draw(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#lastDrawing = this.#now()
    const columns = (this.#output.columns ?? 80) - 1
    let text = this.#back()
    for (const line of this.#takeDone()) text += `${progressLine(line, columns)}\x1b[K\n`
    const live = [...this.#lines.values()].slice(0, Math.max(1, (this.#output.rows ?? 24) - 1))
    for (const line of live) text += `${progressLine(line, columns)}\x1b[K\n`
    this.#drawn = live.length
    this.#output.write(`${text}\x1b[J`)
  }

  #takeDone(): LineState[] {
    const done: LineState[] = []
    for (const [id, line] of this.#lines) {
      if (!isDone(line.status)) break
      done.push(line)
      this.#lines.delete(id)
    }
    return done
  }

  #back(): string {
    return this.#drawn === 0 ? '' : `\x1b[${this.#drawn}A\r`
  }
}
