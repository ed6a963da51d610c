import { CliError } from '../errors.ts'
import type { Flag, Flags, FlagValues, Input } from './command.ts'
import { nearest } from './suggest.ts'

/** The grammar {@link parseFlags} reads by. */
export interface Grammar<F extends Flags> {
  readonly flags: F
  /** Whether the first positional argument ends the flags. @default false */
  readonly stopsAtPositional?: boolean | undefined
}

/**
 * Reads a command line by docker's grammar: `--flag value`, `--flag=value`, `-f value`, `-fvalue`, bundles of one-letter
 * booleans (`-itd`), repeated flags, `--` as the end of the flags. Throws `CLI_UNKNOWN_FLAG` and `CLI_BAD_FLAG`.
 */
export function parseFlags<const F extends Flags>(argv: readonly string[], { flags, stopsAtPositional = false }: Grammar<F>): Input<F> {
  const reader = new FlagReader(flags)
  const args: string[] = []
  for (let index = 0; index < argv.length; ) {
    const word = argv[index] ?? ''
    if (word === '--') {
      args.push(...argv.slice(index + 1))
      break
    }
    if (word === '-' || !word.startsWith('-')) {
      if (stopsAtPositional) {
        args.push(...argv.slice(index))
        break
      }
      args.push(word)
      index++
      continue
    }
    const next = argv[index + 1]
    index += word.startsWith('--') ? reader.long(word.slice(2), next) : reader.bundle(word.slice(1), next)
  }
  return { flags: reader.values as FlagValues<F>, args }
}

/** Collects values; its methods return how many words they used. */
class FlagReader {
  readonly values: Record<string, boolean | string | string[] | undefined> = {}
  readonly #flags: Flags
  readonly #byLetter = new Map<string, string>()
  readonly #byName = new Map<string, string>()

  constructor(flags: Flags) {
    this.#flags = flags
    for (const [name, flag] of Object.entries(flags)) {
      this.#byName.set(name, name)
      for (const alias of flag.aliases ?? []) this.#byName.set(alias, name)
      if (flag.short !== undefined) this.#byLetter.set(flag.short, name)
      if (flag.type === 'list') this.values[name] = []
    }
  }

  long(text: string, next: string | undefined): number {
    const equals = text.indexOf('=')
    const typed = equals === -1 ? text : text.slice(0, equals)
    const name = this.#byName.get(typed)
    if (name === undefined) throw this.#unknown(`--${typed}`, typed)
    if (equals !== -1) return this.#set(name, text.slice(equals + 1), `--${typed}`)
    if (this.#flags[name]?.type === 'boolean') return this.#set(name, 'true', `--${typed}`)
    if (next === undefined) throw needsValue(`--${typed}`)
    return this.#set(name, next, `--${typed}`) + 1
  }

  bundle(letters: string, next: string | undefined): number {
    for (let at = 0; at < letters.length; at++) {
      const letter = letters[at] ?? ''
      const name = this.#byLetter.get(letter)
      if (name === undefined) throw this.#unknown(`-${letter}`, letters, ` in -${letters}`)
      const rest = letters.slice(at + 1)
      if (this.#flags[name]?.type === 'boolean') {
        if (rest.startsWith('=')) return this.#set(name, rest.slice(1), `-${letter}`)
        this.#set(name, 'true', `-${letter}`)
        continue
      }
      if (rest !== '') return this.#set(name, rest.startsWith('=') ? rest.slice(1) : rest, `-${letter}`)
      if (next === undefined) throw needsValue(`-${letter}`)
      return this.#set(name, next, `-${letter}`) + 1
    }
    return 1
  }

  #set(name: string, value: string, typed: string): number {
    const flag: Flag | undefined = this.#flags[name]
    if (flag?.type === 'boolean') this.values[name] = parseBoolean(value, typed)
    else if (flag?.type === 'list') (this.values[name] as string[]).push(value)
    else this.values[name] = value
    return 1
  }

  #unknown(typed: string, word: string, where = ''): CliError {
    const guess = nearest(word, this.#byName.keys())
    const message = where === '' ? `unknown flag: ${typed}` : `unknown shorthand flag: '${typed.slice(1)}'${where}`
    return new CliError('CLI_UNKNOWN_FLAG', message, { kind: 'invalid', exitCode: 125, hint: guess && `did you mean --${guess}?` })
  }
}

function needsValue(typed: string): CliError {
  return new CliError('CLI_BAD_FLAG', `flag needs an argument: ${typed}`, { kind: 'invalid', exitCode: 125 })
}

function parseBoolean(value: string, typed: string): boolean {
  if (/^(1|t|true)$/i.test(value)) return true
  if (/^(0|f|false)$/i.test(value)) return false
  throw new CliError('CLI_BAD_FLAG', `invalid argument "${value}" for "${typed}" flag: true or false`, { kind: 'invalid', exitCode: 125 })
}
