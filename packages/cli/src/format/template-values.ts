import { CliError } from '../errors.ts'

const FUNCTIONS: Readonly<Record<string, (...args: readonly unknown[]) => unknown>> = {
  json: (value) => JSON.stringify(value),
  upper: (value) => goString(value).toUpperCase(),
  lower: (value) => goString(value).toLowerCase(),
  title: (value) => goString(value).replace(/\b\w/g, (letter) => letter.toUpperCase()),
  join: (list, separator) => (Array.isArray(list) ? list.map(goString).join(goString(separator)) : goString(list)),
  split: (text, separator) => goString(text).split(goString(separator)),
  truncate: (text, length) => goString(text).slice(0, Number(length)),
  len: (value) => (typeof value === 'string' || Array.isArray(value) ? value.length : Object.keys(value ?? {}).length),
  index: (value, ...keys) => keys.reduce((inner, key) => (inner as Record<string, unknown> | undefined)?.[String(key)], value),
  print: (...values) => values.map(goString).join(' '),
  println: (...values) => `${values.map(goString).join(' ')}\n`,
  eq: (a, ...others) => others.some((b) => a === b),
  ne: (a, b) => a !== b,
  not: (value) => !isTruthy(value),
  and: (...values) => values.find((value) => !isTruthy(value)) ?? values.at(-1),
  or: (...values) => values.find(isTruthy) ?? values.at(-1),
}

/** Calls a function of the template language. Throws `CLI_BAD_TEMPLATE` when there is none of that name. */
export function callFunction(name: string, args: readonly unknown[]): unknown {
  const call = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
  if (call !== undefined) return call(...args)
  const known = Object.keys(FUNCTIONS).join(' ')
  throw new CliError('CLI_BAD_TEMPLATE', `template parsing error: function "${name}" not defined`, {
    kind: 'invalid',
    exitCode: 64,
    hint: `the functions are ${known}`,
  })
}

/** A value as Go prints it: `[a b]`, `map[k:v]`, `<no value>`. */
export function goString(value: unknown): string {
  if (value === undefined || value === null) return '<no value>'
  if (Array.isArray(value)) return `[${value.map(goString).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${pairs.map(([key, inner]) => `${key}:${goString(inner)}`).join(' ')}]`
}

/** What `if` and `with` take for true: anything but the empty value of its type. */
export function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}
