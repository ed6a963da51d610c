import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { openTreeWriter } from '@ct/native'
import { FIFO } from '../runtime/control-container.ts'
import type { InheritedIo } from '../runtime/inherited-io.ts'
import { type CommandContext, isOn } from './command.ts'
import type { FlagKinds } from './parse-flags.ts'
import { UsageError } from './parse-flags.ts'

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
export interface Launching {
  readonly inherited?: InheritedIo | undefined
  readonly pidPath?: string | undefined
  readonly pivot: boolean
}

/** Reads the flags of a launch: detached it has this program's stdio or the console socket, else it is supervised. */
export function launchingOf(
  context: CommandContext,
  { detach, terminal }: { readonly detach: boolean; readonly terminal: boolean },
): Launching {
  const { flags } = context
  const consoleSocket = flags['console-socket']
  if (Number(flags['preserve-fds'] ?? 0) > 0) throw new UsageError('--preserve-fds is not supported')
  if (flags['pidfd-socket']) throw new UsageError('--pidfd-socket is not supported')
  if (detach && terminal && !consoleSocket) {
    throw new UsageError('cannot allocate tty if ct-runc will detach without setting console socket')
  }
  if (consoleSocket && (!detach || !terminal)) throw new UsageError('cannot use console socket if ct-runc will not detach or allocate tty')
  const common = { pidPath: flags['pid-file'] ? resolve(flags['pid-file']) : undefined, pivot: !isOn(context, 'no-pivot') }
  if (detach) return { ...common, inherited: { makeFifo, consoleSocketPath: consoleSocket ? resolve(consoleSocket) : undefined } }
  return terminal ? common : { ...common, inherited: {} }
}

async function makeFifo(directory: string, uid: number): Promise<string> {
  const path = `${directory}/${FIFO}`
  if (existsSync(path)) return path
  await using writer = await openTreeWriter({ path: directory })
  writer.node(FIFO, { mode: 0o600, uid, gid: process.getgid?.() ?? 0 }, { type: 'fifo', major: 0, minor: 0 })
  await writer.finish()
  return path
}
