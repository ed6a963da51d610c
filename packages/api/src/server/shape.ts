import { type ApiError, badRequest } from '../errors.ts'

/** What one field of a JSON body may be; `null` is as good as absent, but not as a word or an item of a list. */
export type FieldShape =
  | 'string'
  | 'integer'
  | 'boolean'
  | 'object'
  | 'command'
  | { readonly list: FieldShape }
  | { readonly map: FieldShape }
  | Fields

interface Fields {
  readonly fields: Readonly<Record<string, FieldShape>>
}

/** The shape of a whole body, naming every field of its type. */
export type Shape<T> = { readonly [K in keyof Required<T>]: FieldShape }

/** Checks the declared fields of a JSON body; unknown ones are let through. `API_BAD_REQUEST` names the field. */
export function checkShape<T extends object>(value: unknown, shape: Shape<T>): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('the body', 'an object')
  checkFields(value, shape, '')
  return value as T
}

function checkFields(value: object, fields: Readonly<Record<string, FieldShape>>, path: string): void {
  for (const [name, shape] of Object.entries(fields)) {
    const field = (value as Readonly<Record<string, unknown>>)[name]
    if (field !== undefined && field !== null) checkField(field, shape, path === '' ? name : `${path}.${name}`)
  }
}

function checkField(value: unknown, shape: FieldShape, path: string): void {
  if (typeof shape === 'string') {
    if (!isScalar(value, shape)) throw wrong(path, shape === 'command' ? 'a string or a list of strings' : `of type ${shape}`)
  } else if ('list' in shape) {
    if (!Array.isArray(value)) throw wrong(path, 'a list')
    for (const [index, item] of value.entries()) checkField(item, shape.list, `${path}[${index}]`)
  } else {
    if (!isScalar(value, 'object')) throw wrong(path, 'an object')
    if ('fields' in shape) checkFields(value as object, shape.fields, path)
    else
      for (const [key, item] of Object.entries(value as object))
        if (item !== null || shape.map === 'string') checkField(item, shape.map, `${path}[${key}]`)
  }
}

function isScalar(value: unknown, shape: string): boolean {
  if (shape === 'integer') return Number.isInteger(value)
  if (shape === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  if (shape === 'command') return typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
  return typeof value === shape
}

function wrong(path: string, what: string): ApiError {
  return badRequest(`invalid JSON: ${path} must be ${what}`)
}
