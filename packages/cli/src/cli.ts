import { createClient } from '@ct/api'
import { isCtError } from '@ct/errors'
import { COMMANDS } from './commands/index.ts'
import type { Context } from './context.ts'
import { CliError } from './errors.ts'
import { chooseHost, defaultPlaces } from './host.ts'
import type { CommandEntry } from './parser/command.ts'
import { commandHelp, GLOBAL_FLAGS, listHelp } from './parser/help.ts'
import { parseFlags } from './parser/parse-flags.ts'
import { nearest } from './parser/suggest.ts'
import { version } from './version.ts'

/** The world of a command line: what a process has, or what a test gives instead. */
export interface CliOptions extends Omit<Context, 'host' | 'connect'> {
  /** The command line that is this program (`[node, ct.js]`), to start a daemon with; absent: none is started. */
  readonly self?: readonly string[]
}

/** The exit status of a failure that is nobody's mistake but ours. */
const BUG = 70

const HELP_FLAG = { help: { type: 'boolean', summary: 'Print the help', hidden: true } } as const

/**
 * Runs one `ct` command line (without node and the script) and gives its exit status. This is the one place where errors
 * become words: an error of ours is a line and its hint, anything else is a bug and shows its stack.
 */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<number> {
  let debug = false
  try {
    const { flags, args } = parseFlags(argv, { flags: GLOBAL_FLAGS, stopsAtPositional: true })
    debug = flags.debug === true
    if (flags.version === true) {
      options.stdout.write(`ct version ${version()}\n`)
      return 0
    }
    if (flags.help === true || args.length === 0 || args[0] === 'help') return await help(args.slice(args[0] === 'help' ? 1 : 0), options)
    return await runCommand(args, { ...options, host: chooseHost(flags.host, options.env), connect: () => connect(flags.host, options) })
  } catch (error) {
    return reportFailure(error, options, debug)
  }
}

async function runCommand(words: readonly string[], context: Context): Promise<number> {
  const { entry, rest } = findCommand(words)
  const command = await entry.load()
  const { stopsAtPositional } = command
  const { flags, args } = parseFlags(rest, { flags: { ...command.flags, ...HELP_FLAG }, stopsAtPositional })
  if (flags.help === true) {
    context.stdout.write(commandHelp(entry, command))
    return 0
  }
  const { min, max } = command.args
  if (args.length < min || args.length > max) {
    const wanted =
      max === 0
        ? 'no arguments'
        : min === max
          ? `${min} argument${min === 1 ? '' : 's'}`
          : min > args.length
            ? `at least ${min}`
            : `at most ${max}`
    throw new CliError('CLI_BAD_ARGUMENTS', `"ct ${entry.name}" takes ${wanted}: ct ${entry.name} ${command.usage}`, {
      kind: 'invalid',
      hint: `see 'ct ${entry.name} --help'`,
    })
  }
  return (await command.run({ flags, args }, context)) ?? 0
}

async function help(words: readonly string[], { stdout }: CliOptions): Promise<number> {
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${words[0]} `))
  if (words.length === 0) stdout.write(listHelp(COMMANDS))
  else if (words.length === 1 && group.length > 0) stdout.write(listHelp(group, words[0]))
  else {
    const { entry } = findCommand(words)
    stdout.write(commandHelp(entry, await entry.load()))
  }
  return 0
}

/** The entry for one or two words. Throws `CLI_UNKNOWN_COMMAND`. */
function findCommand(words: readonly string[]): { readonly entry: CommandEntry; readonly rest: readonly string[] } {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(' ')
    const entry = COMMANDS.find((one) => one.name === name || one.aliases?.includes(name))
    if (entry !== undefined && count <= words.length) return { entry, rest: words.slice(count) }
  }
  const [first = ''] = words
  const isGroup = COMMANDS.some(({ name }) => name.startsWith(`${first} `))
  const typed = isGroup ? words.slice(0, 2).join(' ') : first
  const guess = nearest(
    typed,
    COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases]),
  )
  throw new CliError('CLI_UNKNOWN_COMMAND', `'${typed}' is not a ct command`, {
    kind: 'invalid',
    hint: guess === undefined ? `see 'ct ${isGroup ? `help ${first}` : '--help'}'` : `did you mean 'ct ${guess}'?`,
  })
}

/** Only the daemon of the default place is started when it is missing. */
async function connect(flag: string | undefined, { env, self }: CliOptions): ReturnType<Context['connect']> {
  const host = chooseHost(flag, env)
  const places = defaultPlaces(env)
  if (self !== undefined && host === places.host) {
    const { isListening } = await import('./daemon/probe.ts')
    if (!(await isListening(host))) {
      const { startDaemon } = await import('./daemon/start-daemon.ts')
      await startDaemon({ self, places, env })
    }
  }
  return createClient({ host })
}

function reportFailure(error: unknown, { stderr }: CliOptions, debug: boolean): number {
  if (!isCtError(error)) {
    stderr.write(`ct: this is a bug in ct ${version()}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return BUG
  }
  stderr.write(`ct: ${error.message}\n`)
  if (error.hint !== undefined) stderr.write(`  ${error.hint}\n`)
  if (debug)
    stderr.write(`${error.code} (${error.kind})\n${error.stack}\n${error.cause === undefined ? '' : `cause: ${String(error.cause)}\n`}`)
  return error instanceof CliError ? error.exitCode : 1
}
