import { badRequest } from '../errors.ts'

/** The size in a resize request. `API_BAD_REQUEST` without a height and a width. */
export function terminalSize({ h, w }: { readonly h?: number | undefined; readonly w?: number | undefined }): {
  readonly rows: number
  readonly columns: number
} {
  const isSize = (value: number | undefined): value is number => value !== undefined && value >= 0 && value <= 65_535
  if (isSize(h) && isSize(w)) return { rows: h, columns: w }
  throw badRequest(`invalid size of a terminal: h=${h ?? ''} w=${w ?? ''}`)
}
