/** What a registry wants of a client, from a `WWW-Authenticate` header. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service: string | undefined; readonly scopes: readonly string[] }

/**
 * Reads the header; of several challenges Bearer is preferred. `undefined` when there is none that is understood.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  let basic: Challenge | undefined
  for (const { scheme, parameters } of challenges(header ?? '')) {
    const realm = parameters.get('realm')
    if (scheme === 'bearer' && realm !== undefined) {
      return { scheme, realm, service: parameters.get('service'), scopes: (parameters.get('scope') ?? '').split(' ').filter(Boolean) }
    }
    if (scheme === 'basic') basic = { scheme }
  }
  return basic
}

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const separator = /[\s,]*/y
const equals = /\s*=\s*/y
const quoted = /"((?:[^"\\]|\\.)*)"/y

function* challenges(header: string): Generator<{ scheme: string; parameters: Map<string, string> }> {
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(header) ?? undefined
    if (match !== undefined) at = pattern.lastIndex
    return match
  }
  let current: { scheme: string; parameters: Map<string, string> } | undefined
  for (;;) {
    take(separator)
    const [name] = take(token) ?? []
    if (name === undefined) break
    if (take(equals) === undefined) {
      if (current !== undefined) yield current
      current = { scheme: name.toLowerCase(), parameters: new Map() }
      continue
    }
    const value = take(quoted)?.[1]?.replace(/\\(.)/g, '$1') ?? take(token)?.[0]
    if (value !== undefined) current?.parameters.set(name.toLowerCase(), value)
  }
  if (current !== undefined) yield current
}
