import { resolve } from 'node:path'
import type { CommandIo } from '../runtime/command-io.ts'
import { type CommandContext, isOn } from './command.ts'
import { wholeNumber } from './flag-values.ts'
import { type FlagKinds, UsageError } from './parse-flags.ts'
import { preservedFds } from './preserved-fds.ts'

/** Flags of the commands that launch a process. */
export const LAUNCH_FLAGS: FlagKinds = {
  'console-socket': false,
  'pid-file': false,
  'pidfd-socket': false,
  'preserve-fds': false,
  'no-pivot': true,
  'no-new-keyring': true,
  'no-subreaper': true,
}

/** How the flags want a process launched. */
export interface Launching extends CommandIo {
  readonly pivot: boolean
}

/** Reads the flags of a launch: detached it has this program's stdio or the console socket, else it is supervised. */
export function launchingOf(
  context: CommandContext,
  { detach, terminal, activated = 0 }: { readonly detach: boolean; readonly terminal: boolean; readonly activated?: number },
): Launching {
  const { flags } = context
  const consoleSocket = flags['console-socket']
  if (detach && terminal && !consoleSocket) {
    throw new UsageError('cannot allocate tty if ct-runc will detach without setting console socket')
  }
  if (consoleSocket && (!detach || !terminal)) throw new UsageError('cannot use console socket if ct-runc will not detach or allocate tty')
  return {
    pidPath: absolute(flags['pid-file']),
    pivot: !isOn(context, 'no-pivot'),
    inherited: detach || !terminal ? { isSupervised: !detach } : undefined,
    descriptors: {
      consoleSocketPath: absolute(consoleSocket),
      pidfdSocketPath: absolute(flags['pidfd-socket']),
      preservedFds: preservedFds(activated + (wholeNumber('preserve-fds', flags['preserve-fds']) ?? 0)),
    },
  }
}

function absolute(path: string | undefined): string | undefined {
  return path ? resolve(path) : undefined
}
