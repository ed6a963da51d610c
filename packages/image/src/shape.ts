/** Says where in a document the value is not what it must be. */
export class ShapeError extends Error {
  constructor(at: string, expected: string) {
    super(`${at || 'the document'} must be ${expected}`)
  }
}

/** Reads a value of one shape out of parsed JSON, or throws a {@link ShapeError}. `at` is where the value stands. */
export type Shape<T> = (value: unknown, at: string) => T

/** A text, of at most `maxLength` characters when given. */
export function text(maxLength = Number.POSITIVE_INFINITY): Shape<string> {
  return (value, at) => {
    if (typeof value !== 'string' || value.length > maxLength) throw new ShapeError(at, 'a string of bearable length')
    return value
  }
}

/** An integer that is not negative. */
export const count: Shape<number> = (value, at) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new ShapeError(at, 'an integer from 0 up')
  return value
}

/** Any integer. */
export const integer: Shape<number> = (value, at) => {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new ShapeError(at, 'an integer')
  return value
}

/** `true` or `false`. */
export const flag: Shape<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw new ShapeError(at, 'true or false')
  return value
}

/** One value and no other. */
export function literal<const T extends string | number>(expected: T): Shape<T> {
  return (value, at) => {
    if (value !== expected) throw new ShapeError(at, JSON.stringify(expected))
    return expected
  }
}

/** A text that `isValid` accepts. */
export function textLike<T extends string>(isValid: (text: string) => text is T, expected: string): Shape<T> {
  return (value, at) => {
    if (typeof value !== 'string' || !isValid(value)) throw new ShapeError(at, expected)
    return value
  }
}

/** A list of one shape. */
export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw new ShapeError(at, 'a list')
    return value.map((entry, index) => item(entry, `${at}[${index}]`))
  }
}

/** An object used as a dictionary. */
export function dictionary<T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, at) =>
    Object.fromEntries(Object.entries(record(value, at)).map(([key, entry]) => [key, item(entry, `${at}.${key.slice(0, 80)}`)]))
}

/** The shape of each known field of an object. */
export type Fields<T> = { readonly [K in keyof T]-?: Shape<Exclude<T[K], undefined>> }

/** An object; fields that are not known are kept, optional ones that are `null` are dropped (Go writes empty lists so). */
export function object<T extends object>(fields: Fields<T>, required: readonly (keyof T & string)[]): Shape<T> {
  return (value, at) => {
    const given = record(value, at)
    const result: Record<string, unknown> = { ...given }
    for (const [key, shape] of Object.entries<Shape<unknown>>(fields)) {
      const here = at ? `${at}.${key}` : key
      if (given[key] !== undefined && given[key] !== null) result[key] = shape(given[key], here)
      else if ((required as readonly string[]).includes(key)) throw new ShapeError(here, 'present')
      else delete result[key]
    }
    return result as T
  }
}

function record(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ShapeError(at, 'an object')
  return value as Record<string, unknown>
}
