import { RuntimeError } from '../errors.ts'

/** Checks a value of unknown origin and throws an error that names its JSON path. */
export type Shape = (value: unknown, path: string) => void

/** RUNTIME_BAD_SPEC at a JSON path. */
export function bad(path: string, expected: string, value?: unknown): RuntimeError {
  const found = value === undefined ? '' : `, not ${describe(value)}`
  return new RuntimeError('RUNTIME_BAD_SPEC', `${path || 'config'}: must be ${expected}${found}`, { kind: 'invalid' })
}

/** Text without NUL characters, which no system call could take. */
export function text(value: unknown, path: string): asserts value is string {
  if (typeof value !== 'string' || value.includes('\0')) throw bad(path, 'a string', value)
}

/** Text with something in it. */
export function nonEmpty(value: unknown, path: string): void {
  text(value, path)
  if (value === '') throw bad(path, 'a non-empty string')
}

/** An absolute path. */
export function absolute(value: unknown, path: string): void {
  text(value, path)
  if (!value.startsWith('/')) throw bad(path, 'an absolute path', value)
}

/** `true` or `false`. */
export function flag(value: unknown, path: string): void {
  if (typeof value !== 'boolean') throw bad(path, 'true or false', value)
}

/** A whole number from `minimum` to `maximum`. */
export function integer(minimum: number, maximum: number): Shape {
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum || value > maximum) {
      throw bad(path, `a whole number from ${minimum} to ${maximum}`, value)
    }
  }
}

/** Numbers of the kernel's types; 64-bit ones may be rounded by JSON. */
export const uint32 = integer(0, 0xffffffff)
/** A user or group; the last number means "leave it as it is" to the kernel. */
export const userId = integer(0, 0xfffffffe)
export const int64 = integer(-(2 ** 63), 2 ** 63)
export const uint64 = integer(0, 2 ** 64)

/** One of a list of words. */
export function oneOf(words: readonly string[]): Shape {
  return (value, path) => {
    if (typeof value !== 'string' || !words.includes(value)) throw bad(path, `one of ${words.join(', ')}`, value)
  }
}

const MAXIMUM_NUMBER = 4095

/** A list of processors or memory nodes such as `0-3,7`. */
export function numberList(value: unknown, path: string): void {
  text(value, path)
  const isList = /^\s*\d+(-\d+)?(\s*,\s*\d+(-\d+)?)*\s*$/.test(value) || value === ''
  const numbers = value.split(/[-,]/).map(Number)
  if (isList && numbers.every((number) => number <= MAXIMUM_NUMBER)) return
  throw bad(path, `a list of numbers up to ${MAXIMUM_NUMBER}, such as 0-3,7`, value)
}

/** An array whose items all have a shape. */
export function list(item: Shape): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) throw bad(path, 'an array', value)
    value.forEach((entry, index) => {
      item(entry, `${path}[${index}]`)
    })
  }
}

/** An object whose values all have a shape. */
export function record(item: Shape): Shape {
  return (value, path) => {
    for (const [key, entry] of Object.entries(object(value, path))) {
      text(key, path)
      item(entry, `${path}["${key}"]`)
    }
  }
}

/** An object with `required` and `optional` properties. Others are ignored, as the specification demands. */
export function shape(required: Readonly<Record<string, Shape>>, optional: Readonly<Record<string, Shape>> = {}): Shape {
  return (value, path) => {
    const entries = object(value, path)
    for (const [key, check] of Object.entries(required)) check(entries[key], join(path, key))
    for (const [key, check] of Object.entries(optional)) {
      if (entries[key] !== undefined && entries[key] !== null) check(entries[key], join(path, key))
    }
  }
}

/** Something of the specification that this runtime cannot do: only an empty value passes. */
export function unsupported(value: unknown, path: string): void {
  if (value === '' || value === 0 || value === false) return
  if (typeof value === 'object' && value !== null && Object.values(value).every((entry) => Array.isArray(entry) && entry.length === 0))
    return
  throw new RuntimeError('RUNTIME_UNSUPPORTED', `${path}: is not supported`, { kind: 'unsupported' })
}

function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(path, 'an object', value)
  return value as Record<string, unknown>
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function describe(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null) return JSON.stringify(value)
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
}
