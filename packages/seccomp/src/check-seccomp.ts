import { SECCOMP_ACTIONS } from './actions.ts'
import { SECCOMP_ARCHITECTURES } from './architectures.ts'
import { SECCOMP_OPERATORS } from './compare.ts'
import { SeccompError } from './errors.ts'
import type { LinuxSeccomp } from './linux-seccomp.ts'
import { SECCOMP_FLAGS } from './seccomp-flags.ts'

type Check = (value: unknown, path: string) => void

const errno = wholeNumber(0xffff)
/** JSON rounds large numbers, 2^64 - 1 up to 2^64. */
const word = wholeNumber(2 ** 64)

const checkArg = entries({ index: wholeNumber(5), value: word, op: oneOf(SECCOMP_OPERATORS) }, { valueTwo: word })

const checkRule = entries({ names: listOf(text), action: oneOf(SECCOMP_ACTIONS) }, { errnoRet: errno, args: listOf(checkArg) })

const checkFilter = entries(
  { defaultAction: oneOf(SECCOMP_ACTIONS) },
  {
    defaultErrnoRet: errno,
    architectures: listOf(oneOf(SECCOMP_ARCHITECTURES)),
    flags: listOf(oneOf(SECCOMP_FLAGS)),
    listenerPath: text,
    listenerMetadata: text,
    syscalls: listOf(checkRule),
  },
)

/**
 * Checks a filter of unknown origin, as parsed from JSON. Properties that the specification does not have are ignored.
 * @param path What the value is called in messages. Default: `seccomp`.
 * @throws SeccompError SECCOMP_BAD_FILTER; the message begins with the JSON path.
 */
export function checkSeccomp(value: unknown, path = 'seccomp'): asserts value is LinuxSeccomp {
  checkFilter(value, path)
}

function entries(required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(path, 'an object', value)
    const found = value as Readonly<Record<string, unknown>>
    for (const [key, check] of Object.entries(required)) check(found[key], `${path}.${key}`)
    for (const [key, check] of Object.entries(optional))
      if (found[key] !== undefined && found[key] !== null) check(found[key], `${path}.${key}`)
  }
}

function listOf(item: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) throw bad(path, 'an array', value)
    for (const [index, entry] of value.entries()) item(entry, `${path}[${index}]`)
  }
}

function oneOf(words: readonly string[]): Check {
  return (value, path) => {
    if (typeof value !== 'string' || !words.includes(value)) throw bad(path, `one of ${words.join(', ')}`, value)
  }
}

function wholeNumber(maximum: number): Check {
  return (value, path) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maximum) return
    throw bad(path, `a whole number from 0 to ${maximum}`, value)
  }
}

function text(value: unknown, path: string): void {
  if (typeof value !== 'string' || value.includes('\0')) throw bad(path, 'a string', value)
}

function bad(path: string, expected: string, value: unknown): SeccompError {
  const found = ['string', 'number', 'boolean'].includes(typeof value) ? `, not ${JSON.stringify(value)}` : ''
  return new SeccompError('SECCOMP_BAD_FILTER', `${path}: must be ${expected}${found}`, { kind: 'invalid' })
}
