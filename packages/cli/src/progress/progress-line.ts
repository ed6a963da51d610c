import { decimalSize } from '../format/size.ts'

/** What is known of one layer's transfer. */
export interface LineState {
  readonly id: string
  readonly status: string
  /** Bytes so far. */
  readonly current?: number | undefined
  /** Bytes in all. */
  readonly total?: number | undefined
  /** Bytes per second. */
  readonly rate?: number | undefined
}

const MIN_BAR = 10
const MAX_BAR = 50
const STATUS_WIDTH = 11

/** One line of at most `columns` characters: id, status and, while bytes flow, a bar with sizes and rate. */
export function progressLine({ id, status, current, total, rate }: LineState, columns: number): string {
  const label = id === '' ? status : `${id}: ${status}`
  if (current === undefined || !isMoving(status)) return label.slice(0, columns)
  const padded = `${id}: ${status.padEnd(STATUS_WIDTH)}`
  const speed = rate === undefined || rate <= 0 ? '' : `  ${decimalSize(rate)}/s`
  if (total === undefined || total <= 0) return `${padded}  ${decimalSize(current)}${speed}`.slice(0, columns)
  const sizes = `${decimalSize(current)}/${decimalSize(total)}${speed}`
  const room = Math.min(MAX_BAR, columns - padded.length - sizes.length - 5)
  if (room < MIN_BAR) return `${padded} ${sizes}`.slice(0, columns)
  return `${padded} ${bar(current / total, room)}  ${sizes}`
}

/** Whether a status means that bytes are on their way. */
export function isMoving(status: string): boolean {
  return /^(Downloading|Extracting|Pushing|Loading layer|Verifying)/.test(status)
}

/** Whether nothing more will happen to the layer. */
export function isDone(status: string): boolean {
  return /^(Pull complete|Already exists|Pushed|Layer already exists|Mounted from|Skipped)/.test(status)
}

function bar(share: number, width: number): string {
  const filled = Math.min(width, Math.max(0, Math.round(share * width)))
  const arrow = filled === 0 || filled === width ? '' : '>'
  return `[${('='.repeat(Math.max(0, filled - arrow.length)) + arrow).padEnd(width)}]`
}
