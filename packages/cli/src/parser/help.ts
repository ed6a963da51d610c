import type { Command, CommandEntry, Flag, Flags } from './command.ts'

/** The flags every command has. */
export const GLOBAL_FLAGS = {
  host: { type: 'string', short: 'H', placeholder: 'address', summary: 'Daemon to talk to (CT_HOST; unix://PATH or tcp://HOST:PORT)' },
  debug: { type: 'boolean', short: 'D', summary: 'Print the code, the cause and the stack of an error' },
  version: { type: 'boolean', short: 'v', summary: 'Print the version of ct' },
  help: { type: 'boolean', summary: 'Print the help' },
} as const satisfies Flags

/** The text of `ct NAME --help`, generated from the command's definition. */
export function commandHelp(entry: CommandEntry, command: Command): string {
  const sections = [`Usage:  ct ${entry.name} ${command.usage}`.trimEnd(), entry.summary]
  if (command.details !== undefined) sections.push(command.details)
  if (entry.aliases !== undefined) sections.push(`Aliases:\n  ${[entry.name, ...entry.aliases].map((name) => `ct ${name}`).join(', ')}`)
  const flags = flagLines(command.flags)
  if (flags.length > 0) sections.push(`Options:\n${flags.join('\n')}`)
  if (command.examples !== undefined) sections.push(`Examples:\n${command.examples.map((line) => `  ${line}`).join('\n')}`)
  return `${sections.join('\n\n')}\n`
}

/** The text of `ct --help`, or of `ct GROUP --help` when only the entries of a group are given. */
export function listHelp(entries: readonly CommandEntry[], group?: string): string {
  const width = Math.max(...entries.map((entry) => entry.name.length)) + 2
  const lines = entries.map((entry) => `  ${entry.name.padEnd(width)}${entry.summary}`)
  const word = group === undefined ? '' : ` ${group}`
  const sections = [`Usage:  ct [OPTIONS]${word} COMMAND`, `Commands:\n${lines.join('\n')}`]
  if (group === undefined) sections.splice(1, 0, 'A container engine in TypeScript')
  if (group === undefined) sections.push(`Options:\n${flagLines(GLOBAL_FLAGS).join('\n')}`)
  sections.push(`Run 'ct${word} COMMAND --help' for more about a command.`)
  return `${sections.join('\n\n')}\n`
}

/** One aligned line per flag that is not hidden. */
export function flagLines(flags: Flags): string[] {
  const shown = Object.entries(flags).filter(([, flag]) => flag.hidden !== true)
  shown.sort(([a], [b]) => (a < b ? -1 : 1))
  const names = shown.map(([name, flag]) => `  ${flag.short === undefined ? '   ' : `-${flag.short},`} --${name}${valueWord(flag)}`)
  const width = Math.max(0, ...names.map((name) => name.length)) + 3
  return shown.map(([, flag], index) => `${(names[index] ?? '').padEnd(width)}${flag.summary}`)
}

function valueWord(flag: Flag): string {
  if (flag.type === 'boolean') return ''
  return ` ${flag.placeholder ?? (flag.type === 'list' ? 'list' : 'string')}`
}
