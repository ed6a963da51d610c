import type { Context } from '../context.ts'

/**
 * One flag, keyed by its long name in {@link Flags}. A `boolean` takes no value (but `--flag=false` is understood), a
 * `string` keeps the last value given, a `list` keeps all of them.
 */
export interface Flag {
  readonly type: 'boolean' | 'string' | 'list'
  /** One letter. */
  readonly short?: string
  /** The help line, without a full stop. */
  readonly summary: string
  /** The word for the value in the help. @default 'string', or 'list' for a list */
  readonly placeholder?: string
  /** Other long names, not shown in the help. */
  readonly aliases?: readonly string[]
  /** Left out of the help. @default false */
  readonly hidden?: boolean
}

/** The flags of one command by long name. */
export type Flags = Readonly<Record<string, Flag>>

type FlagValue<T extends Flag> = T['type'] extends 'boolean'
  ? boolean | undefined
  : T['type'] extends 'list'
    ? readonly string[]
    : string | undefined

/** What the parser made of the command line: absent flags are `undefined`, absent lists empty. */
export type FlagValues<F extends Flags> = { readonly [Name in keyof F]: FlagValue<F[Name]> }

/** What a command is called with. */
export interface Input<F extends Flags = Flags> {
  readonly flags: FlagValues<F>
  readonly args: readonly string[]
}

/** What a command file exports: its grammar, its help and its handler. */
export interface Command<F extends Flags = Flags> {
  /** What follows the name on the usage line: `[OPTIONS] IMAGE [COMMAND] [ARG...]`. */
  readonly usage: string
  readonly flags: F
  /** How many positional arguments are accepted. */
  readonly args: { readonly min: number; readonly max: number }
  /** Whether everything after the first positional argument belongs to the container. @default false */
  readonly stopsAtPositional?: boolean
  /** Paragraphs below the summary in the help. */
  readonly details?: string
  /** Lines of a shell session for the help. */
  readonly examples?: readonly string[]
  /** Does the work; the value is the exit status, none meaning 0. */
  readonly run: (input: Input<F>, context: Context) => Promise<number | undefined>
}

/** Keeps the literal types of the flags, so that `input.flags` is typed by them. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command {
  return command as unknown as Command
}

/** One line in the list of commands; the file behind it is loaded only when it is called. */
export interface CommandEntry {
  /** One to three words: `run`, `volume ls`, `registry user add`. */
  readonly name: string
  /** One line of help, without a full stop. */
  readonly summary: string
  /** Other names that mean the same. */
  readonly aliases?: readonly string[]
  readonly load: () => Promise<Command>
}
