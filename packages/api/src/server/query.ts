import type { Endpoint, Filters, ParameterKind } from '../endpoint.ts'
import { type ApiError, badRequest } from '../errors.ts'

const FALSE = new Set(['', '0', 'no', 'false', 'none'])

/** Reads the declared parameters of a query; others are ignored, as docker does. `API_BAD_REQUEST` for a bad value. */
export function decodeQuery(endpoint: Endpoint, search: URLSearchParams): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {}
  for (const [name, kind] of Object.entries(endpoint.query ?? {})) {
    if (search.has(name)) values[name] = decodeParameter(name, kind, search)
  }
  return values
}

function decodeParameter(name: string, kind: ParameterKind, search: URLSearchParams): unknown {
  const text = search.get(name) ?? ''
  switch (kind) {
    case 'string':
      return text
    case 'strings':
      return search.getAll(name)
    case 'flag':
      return !FALSE.has(text.trim().toLowerCase())
    case 'filters':
      return decodeFilters(text)
    case 'integer':
      return text === '' ? undefined : check(/^[+-]?\d{1,15}$/.test(text), name, text) && Number(text)
    case 'time':
      return text === '' ? undefined : check(/^\d{1,12}(\.\d{1,9}\d*)?$/.test(text), name, text) && text
  }
}

function check(good: boolean, name: string, text: string): true {
  if (!good) throw badRequest(`invalid value ${JSON.stringify(text)} for ${name}`)
  return true
}

/** Both forms that clients send: `{"key":["value"]}` and `{"key":{"value":true}}`. */
function decodeFilters(text: string): Filters {
  if (text === '') return {}
  return Object.fromEntries(
    Object.entries(parseObject(text)).map(([key, values]) => {
      const list = Array.isArray(values) ? values : typeof values === 'object' && values !== null ? Object.keys(values) : [values]
      if (list.some((value) => typeof value !== 'string')) throw badFilters(text)
      return [key, list as readonly string[]]
    }),
  )
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch (cause) {
    throw badFilters(text, cause)
  }
  throw badFilters(text)
}

function badFilters(text: string, cause?: unknown): ApiError {
  return badRequest(`invalid filter: ${text.slice(0, 200)}`, cause)
}
