import { COMMANDS } from './commands/index.ts'
import { CliError } from './errors.ts'
import type { CommandEntry } from './parser/command.ts'
import { nearest } from './parser/suggest.ts'

/** Commands of more words than one, by the first. */
export function groupOf(word = ''): readonly CommandEntry[] {
  return COMMANDS.filter(({ name }) => name.startsWith(`${word} `))
}

/** Whether a word alone only begins the names of commands, as `volume` does. */
export function isGroup(word: string | undefined): boolean {
  return groupOf(word).length > 0 && !COMMANDS.some(({ name }) => name === word)
}

/** The command that the first words name, three at most, and what follows. Throws `CLI_UNKNOWN_COMMAND`. */
export function findCommand(words: readonly string[]): { readonly entry: CommandEntry; readonly rest: readonly string[] } {
  for (const count of [3, 2, 1]) {
    const name = words.slice(0, count).join(' ')
    const entry = COMMANDS.find((one) => one.name === name || one.aliases?.includes(name))
    if (entry !== undefined && count <= words.length) return { entry, rest: words.slice(count) }
  }
  const [first = ''] = words
  const typed = isGroup(first) ? words.slice(0, 2).join(' ') : first
  const guess = nearest(
    typed,
    COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases]),
  )
  throw new CliError('CLI_UNKNOWN_COMMAND', `'${typed}' is not a ct command`, {
    kind: 'invalid',
    hint: guess === undefined ? `see 'ct ${isGroup(first) ? `help ${first}` : '--help'}'` : `did you mean 'ct ${guess}'?`,
  })
}
