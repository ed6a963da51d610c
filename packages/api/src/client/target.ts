import type { Endpoint, Filters, ParameterKind } from '../endpoint.ts'

/** The path and query of a request, without a version. */
export function requestTarget(
  endpoint: Endpoint,
  parameters: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, unknown>> = {},
): string {
  const path = endpoint.path.replace(/\{(\w+)(\*?)\}/g, (_match, name: string, many: string) => {
    const value = parameters[name]
    if (value === undefined || value === '') throw new TypeError(`${endpoint.method} ${endpoint.path} wants ${name}`)
    return many === '' ? encodeURIComponent(value) : value.split('/').map(encodeURIComponent).join('/')
  })
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    const kind = endpoint.query?.[name]
    if (kind === undefined) throw new TypeError(`${endpoint.method} ${endpoint.path} has no query parameter ${name}`)
    for (const text of encodeParameter(kind, value)) search.append(name, text)
  }
  return search.size === 0 ? path : `${path}?${search}`
}

function encodeParameter(kind: ParameterKind, value: unknown): readonly string[] {
  if (value === undefined) return []
  switch (kind) {
    case 'flag':
      return [value === true ? '1' : '0']
    case 'filters':
      return Object.keys(value as Filters).length === 0 ? [] : [JSON.stringify(value)]
    case 'strings':
      return value as readonly string[]
    default:
      return [String(value)]
  }
}
