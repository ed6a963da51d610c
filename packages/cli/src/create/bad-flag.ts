import { CliError } from '../errors.ts'
import { parseSize } from '../format/size.ts'

/** The error for a value that a flag does not take: docker's words, exit status 125. */
export function badFlag(flag: string, value: string, reason: string): CliError {
  return new CliError('CLI_BAD_FLAG', `invalid argument "${value}" for "--${flag}" flag: ${reason}`, { kind: 'invalid', exitCode: 125 })
}

/** A flag's whole number, or `undefined` when the flag is absent. Throws `CLI_BAD_FLAG`. */
export function integerFlag(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^-?\d+$/.test(value) || !Number.isSafeInteger(Number(value))) throw badFlag(flag, value, 'not a whole number')
  return Number(value)
}

/** As {@link integerFlag}, for a number that must be in a range. Throws `CLI_BAD_FLAG`. */
export function countFlag(
  flag: string,
  value: string | undefined,
  { least = 1, most }: { readonly least?: number; readonly most?: number } = {},
): number | undefined {
  const number = integerFlag(flag, value)
  if (number !== undefined && number < least) throw badFlag(flag, `${number}`, `at least ${least}`)
  if (number !== undefined && most !== undefined && number > most) throw badFlag(flag, `${number}`, `at most ${most}`)
  return number
}

/** A flag's bytes, `64m`; -1 is let through for limits that may be lifted. Throws `CLI_BAD_FLAG`. */
export function sizeFlag(flag: string, value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined
  const bytes = value === '-1' ? -1 : parseSize(value)
  if (bytes === undefined) throw badFlag(flag, value, `invalid size: '${value}'`)
  return bytes
}

/** `key=value` words as an object; a word without `=` has the empty value. Empty keys throw `CLI_BAD_FLAG`. */
export function mapFlag(flag: string, words: readonly string[]): Record<string, string> {
  const map: Record<string, string> = {}
  for (const word of words) {
    const equals = word.indexOf('=')
    const key = equals === -1 ? word : word.slice(0, equals)
    if (key === '') throw badFlag(flag, word, 'the name is missing')
    map[key] = equals === -1 ? '' : word.slice(equals + 1)
  }
  return map
}

/** Filters as `--filter key=value` gives them, for the API. Throws `CLI_BAD_FLAG`. */
export function filterFlag(words: readonly string[]): Record<string, string[]> | undefined {
  const filters: Record<string, string[]> = {}
  for (const word of words) {
    const equals = word.indexOf('=')
    if (equals < 1) throw badFlag('filter', word, 'expected key=value')
    const key = word.slice(0, equals).trim().toLowerCase()
    filters[key] = [...(filters[key] ?? []), word.slice(equals + 1).trim()]
  }
  return words.length === 0 ? undefined : filters
}
