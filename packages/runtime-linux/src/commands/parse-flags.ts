/** A flag: `true` takes no value. */
export type FlagKinds = Readonly<Record<string, boolean>>

/** What stood before the first word that is no flag, and the rest. */
export interface ParsedFlags {
  readonly flags: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, readonly string[]>>
  readonly rest: readonly string[]
}

/** A wrong command line. */
export class UsageError extends Error {}

/**
 * Reads flags as runc takes them: `--name value`, `--name=value`, `-n value`, up to the first other word or `--`.
 * `kinds` says of each name whether it is a switch; `aliases` maps single letters.
 */
export function parseFlags(argv: readonly string[], kinds: FlagKinds, aliases: Readonly<Record<string, string>> = {}): ParsedFlags {
  const values: Record<string, string[]> = {}
  let at = 0
  for (; at < argv.length; at += 1) {
    const word = argv[at] ?? ''
    if (word === '--') {
      at += 1
      break
    }
    const match = /^--?([\w-]+)(?:=(.*))?$/s.exec(word)
    if (match === null) break
    const [, given = '', inline] = match
    const name = aliases[given] ?? given
    const isSwitch = kinds[name]
    if (isSwitch === undefined) throw new UsageError(`flag provided but not defined: -${given}`)
    const value = isSwitch ? (inline ?? 'true') : (inline ?? argv[++at])
    if (value === undefined) throw new UsageError(`flag needs an argument: -${given}`)
    values[name] = [...(values[name] ?? []), value]
  }
  const flags = Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list.at(-1) ?? '']))
  return { flags, values, rest: argv.slice(at) }
}
