import { ApiError } from '@ct/api'
import { type CtError, isCtError } from '@ct/errors'
import { COMMANDS } from './commands/index.ts'
import type { Context } from './context.ts'
import { CliError, isCliError } from './errors.ts'
import { findCommand, groupOf, isGroup } from './find-command.ts'
import { chooseHost } from './host.ts'
import type { Command, CommandEntry } from './parser/command.ts'
import { commandHelp, GLOBAL_FLAGS, listHelp } from './parser/help.ts'
import { parseFlags } from './parser/parse-flags.ts'
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
    if (isGroup(args[0]) && (args.length === 1 || args[1] === '--help')) return await help(args.slice(0, 1), options)
    return await runCommand(args, contextOf(options, flags.host))
  } catch (error) {
    return reportFailure(error, options, debug)
  }
}

/** Streams are passed on as getters, so that they are opened when they are first used. */
function contextOf(options: CliOptions, hostFlag: string | undefined): Context {
  const host = chooseHost(hostFlag, options.env)
  return {
    get stdin() {
      return options.stdin
    },
    get stdout() {
      return options.stdout
    },
    get stderr() {
      return options.stderr
    },
    env: options.env,
    host,
    connect: async () => (await import('./daemon/connect.ts')).connect(host, options),
    onSignal: options.onSignal,
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
  checkCount(entry, command, args.length)
  return (await command.run({ flags, args }, context)) ?? 0
}

/** Docker's rule: too many words are a mistake, not ignored. */
function checkCount({ name }: CommandEntry, { args: { min, max }, usage }: Command, count: number): void {
  if (count >= min && count <= max) return
  const wanted = max === 0 ? 'no arguments' : min === max ? `exactly ${min}` : count < min ? `at least ${min}` : `at most ${max}`
  const message = `"ct ${name}" takes ${wanted}${max === 0 ? '' : ` argument${(count < min ? min : max) === 1 ? '' : 's'}`}: ct ${name} ${usage}`
  throw new CliError('CLI_BAD_ARGUMENTS', message, { kind: 'invalid', hint: `see 'ct ${name} --help'` })
}

async function help(words: readonly string[], { stdout }: CliOptions): Promise<number> {
  if (words.length === 0) stdout.write(listHelp(COMMANDS))
  else if (words.length === 1 && isGroup(words[0])) stdout.write(listHelp(groupOf(words[0]), words[0]))
  else {
    const { entry } = findCommand(words)
    stdout.write(commandHelp(entry, await entry.load()))
  }
  return 0
}

/** The code that the daemon gave, for a look into the documentation of its packages; mistakes in the command line need none. */
function daemonCode(error: CtError): string {
  const told = isCliError(error) ? error.cause : error
  return told instanceof ApiError && told.ctCode !== undefined ? ` [${told.ctCode}]` : ''
}

function reportFailure(error: unknown, options: CliOptions, debug: boolean): number {
  const { stderr } = options
  if (!isCtError(error)) {
    stderr.write(`ct: this is a bug in ct ${version()}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return BUG
  }
  stderr.write(`ct: ${error.message}${daemonCode(error)}\n`)
  if (error.hint !== undefined) stderr.write(`  ${error.hint}\n`)
  if (debug) stderr.write(`${error.code} (${error.kind})\n${error.stack}\n`)
  if (debug && error.cause !== undefined) stderr.write(`cause: ${String(error.cause)}\n`)
  return isCliError(error) ? error.exitCode : 1
}
