import { appendFileSync } from 'node:fs'
import { DiskRuntime } from '../runtime/create-runtime.ts'
import type { OnWarning } from '../runtime/run-hooks.ts'
import { OCI_VERSION } from '../spec/default-spec.ts'
import { isMachineRoot } from '../users/machine-root.ts'
import { type Command, isOn } from './command.ts'
import { COMMANDS } from './commands.ts'
import { type ParsedFlags, parseFlags, UsageError } from './parse-flags.ts'

/** Where ct-runc writes. */
export interface Output {
  print(text: string): void
  printError(text: string): void
}

const GLOBAL_FLAGS = {
  'cgroup-parent': false,
  criu: false,
  debug: true,
  help: true,
  log: false,
  'log-format': false,
  root: false,
  rootless: false,
  'systemd-cgroup': true,
  version: true,
}
const ALIASES = { h: 'help', v: 'version' }

/** Runs the command line and answers the exit status; errors are printed and logged as runc's are. */
export async function main(argv: readonly string[], output: Output): Promise<number> {
  let log: (level: Level, message: string) => void = () => undefined
  let command: Command | undefined
  try {
    const global = parseFlags(argv, GLOBAL_FLAGS, ALIASES)
    log = (level, message) => writeLog(global, level, message)
    const warn = (message: string) => (global.flags.log ? log('warning', message) : output.printError(`ct-runc: warning: ${message}\n`))
    const [name, ...words] = global.rest
    if (global.flags.version) return print(output, `ct-runc\nspec: ${OCI_VERSION}\n`)
    if (global.flags.help || name === undefined || name === 'help') return print(output, help())
    checkFormat(global)
    command = COMMANDS.find((candidate) => candidate.name === name)
    if (command === undefined) throw new UsageError(`no such command: ${name}`)
    return await runCommand(command, words, { global, output, warn: ({ message }) => warn(message) })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    log('error', message)
    output.printError(`ct-runc: ${message}\n`)
    return command?.failureStatus ?? 1
  }
}

async function runCommand(
  command: Command,
  words: readonly string[],
  { global, output, warn }: { readonly global: ParsedFlags; readonly output: Output; readonly warn: OnWarning },
): Promise<number> {
  const parsed = parseFlags(words, { ...command.flags, help: true }, { h: 'help', ...command.aliases })
  if (parsed.flags.help) return print(output, `ct-runc ${command.name} [flags] ${command.usage}\n   ${command.summary}\n`)
  const { root = defaultRoot(), 'cgroup-parent': cgroupParent } = global.flags
  const systemdCgroup = isOn(global, 'systemd-cgroup')
  const runtime = new DiskRuntime({ stateDirectory: root, cgroupParent, systemdCgroup, userBus: userBus(), onWarning: warn })
  return (await command.run({ ...parsed, runtime, print: output.print })) ?? 0
}

/** Where state is kept unless it is said: of a user, also one who is root in a user namespace, in the directory that goes when they leave. */
function defaultRoot(): string {
  const { XDG_RUNTIME_DIR: own } = process.env
  const uid = process.getuid?.() ?? 0
  if (own && !isMachineRoot()) return `${own}/ct-runc`
  return uid === 0 ? '/run/ct-runc' : `/run/user/${uid}/ct-runc`
}

/** Where the user's systemd is asked; undefined: where it is by default. */
function userBus(): string | undefined {
  const { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: own } = process.env
  return address || (own ? `unix:path=${own.replace(/[^\w/.-]/g, escapeByte)}/bus` : undefined)
}

/** An address has other characters than these as `%` and digits. */
function escapeByte(character: string): string {
  return Buffer.from(character).reduce((text, byte) => `${text}%${byte.toString(16).padStart(2, '0')}`, '')
}

function checkFormat({ flags }: ParsedFlags): void {
  const { 'log-format': format = 'text' } = flags
  if (format !== 'text' && format !== 'json') throw new UsageError(`invalid log-format ${JSON.stringify(format)}: text or json`)
}

function print(output: Output, text: string): number {
  output.print(text)
  return 0
}

function help(): string {
  const lines = COMMANDS.map(({ name, summary }) => `   ${name.padEnd(10)}${summary}`)
  return `ct-runc - run containers by the OCI specification\n\nct-runc [global flags] command [flags] [arguments]\n\n${lines.join('\n')}\n`
}

type Level = 'error' | 'warning'

/** Engines read the reason of a failure from the log. */
function writeLog({ flags }: ParsedFlags, level: Level, message: string): void {
  if (flags.log === undefined || flags.log === '') return
  const time = new Date().toISOString()
  const line =
    flags['log-format'] === 'json'
      ? JSON.stringify({ level, msg: message, time })
      : `time=${JSON.stringify(time)} level=${level} msg=${JSON.stringify(message)}`
  appendFileSync(flags.log, `${line}\n`)
}
