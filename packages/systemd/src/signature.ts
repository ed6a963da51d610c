/** A value of D-Bus. Numbers of 64 bits are bigint; structures, arrays and entries are arrays. */
export type BusValue = boolean | number | bigint | string | Variant | readonly BusValue[]

/** A value that says its own type. */
export interface Variant {
  readonly signature: string
  readonly value: BusValue
}

/** Alignment of what begins with each letter. */
const ALIGNMENTS: Readonly<Record<string, number>> = {
  y: 1,
  g: 1,
  v: 1,
  n: 2,
  q: 2,
  b: 4,
  i: 4,
  u: 4,
  s: 4,
  o: 4,
  a: 4,
  x: 8,
  t: 8,
  d: 8,
  '(': 8,
  '{': 8,
}

/** How deep types may be nested, by the specification's measure of arrays and of structures together. */
const MAXIMUM_DEPTH = 64

/** Where values of a type begin. */
export function alignmentOf(type: string): number {
  return ALIGNMENTS[type.charAt(0)] ?? 1
}

/**
 * The complete types that a signature lists, such as `s`, `a(sv)` and `u` of `sa(sv)u`.
 * @throws TypeError when it is none.
 * @see https://dbus.freedesktop.org/doc/dbus-specification.html#type-system
 */
export function typesOf(signature: string): string[] {
  const types: string[] = []
  for (let at = 0; at < signature.length; ) {
    const end = endOf(signature, at, 0)
    types.push(signature.slice(at, end))
    at = end
  }
  return types
}

/** The types inside an array, a structure or an entry. */
export function innerTypes(type: string): string[] {
  return type.startsWith('a') ? [type.slice(1)] : typesOf(type.slice(1, -1))
}

function endOf(signature: string, at: number, depth: number): number {
  const letter = signature.charAt(at)
  if (depth > MAXIMUM_DEPTH || ALIGNMENTS[letter] === undefined) throw new TypeError(`${JSON.stringify(signature)} is no D-Bus signature`)
  if (letter === 'a') return endOf(signature, at + 1, depth + 1)
  if (letter !== '(' && letter !== '{') return at + 1
  const close = letter === '(' ? ')' : '}'
  let end = at + 1
  do end = endOf(signature, end, depth + 1)
  while (signature.charAt(end) !== close)
  return end + 1
}
