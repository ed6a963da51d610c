import type { DiskRuntime } from '../runtime/create-runtime.ts'
import { type FlagKinds, type ParsedFlags, UsageError } from './parse-flags.ts'

/** One command of ct-runc. */
export interface Command {
  readonly name: string
  /** One line for the help. */
  readonly summary: string
  /** The words after the flags. */
  readonly usage: string
  readonly flags: FlagKinds
  readonly aliases?: Readonly<Record<string, string>> | undefined
  /** Exit status of a failure. Default: 1. */
  readonly failureStatus?: number | undefined
  /** Does it; resolves to the exit status, by default 0. */
  run(context: CommandContext): Promise<number | undefined>
}

/** What a command works with. */
export interface CommandContext extends ParsedFlags {
  readonly runtime: DiskRuntime
  /** Writes to standard output. */
  print(text: string): void
}

/** The container's id, the first word after the flags. */
export function idOf({ rest }: CommandContext): string {
  const [id] = rest
  if (id === undefined || id === '') throw new UsageError('container id cannot be empty')
  return id
}

/** Whether a switch is on. */
export function isOn({ flags }: ParsedFlags, name: string): boolean {
  return flags[name] !== undefined && flags[name] !== 'false'
}
