import { type Client, execCreate, execInspect, execResize, execStart } from '@ct/api'
import { isCtError } from '@ct/errors'
import type { Context } from '../context.ts'
import { readEnvironment } from '../create/environment.ts'
import { defineCommand, type FlagValues } from '../parser/command.ts'
import { requireTerminal } from '../terminal/attached-run.ts'
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from '../terminal/detach-keys.ts'
import { followSize, runSession, terminalSize } from '../terminal/session.ts'

const flags = {
  detach: { type: 'boolean', short: 'd', summary: 'Run the command in the background' },
  'detach-keys': { type: 'string', summary: 'Keys that end the session and leave the command running (ctrl-p,ctrl-q)' },
  env: { type: 'list', short: 'e', summary: 'Set a variable (NAME=value, or NAME to pass it on)' },
  'env-file': { type: 'list', placeholder: 'file', summary: 'Read variables from a file' },
  interactive: { type: 'boolean', short: 'i', summary: 'Keep STDIN open' },
  privileged: { type: 'boolean', summary: 'Give all privileges to the command' },
  tty: { type: 'boolean', short: 't', summary: 'Allocate a terminal' },
  user: { type: 'string', short: 'u', summary: 'User (name|uid[:group|gid])' },
  workdir: { type: 'string', short: 'w', summary: 'Working directory in the container' },
} as const

type ExecFlags = FlagValues<typeof flags>

/** `ct exec`: another program in a running container, and its exit status. */
export const exec = defineCommand({
  usage: '[OPTIONS] CONTAINER COMMAND [ARG...]',
  flags,
  args: { min: 2, max: Number.POSITIVE_INFINITY },
  stopsAtPositional: true,
  async run({ flags, args: [container = '', ...command] }, context) {
    const { detach = false, tty = false, interactive = false } = flags
    if (!detach) requireTerminal(context, tty, interactive)
    const Env = await readEnvironment(flags.env, flags['env-file'], context.env)
    const client = await context.connect()
    const { Id: id } = await client.call(execCreate, {
      params: { id: container },
      body: {
        AttachStdin: interactive && !detach,
        AttachStdout: !detach,
        AttachStderr: !detach,
        Tty: tty,
        Cmd: command,
        ...(Env.length > 0 && { Env }),
        ...(flags.privileged === true && { Privileged: true }),
        ...(flags.user !== undefined && { User: flags.user }),
        ...(flags.workdir !== undefined && { WorkingDir: flags.workdir }),
        ...(flags['detach-keys'] !== undefined && { DetachKeys: flags['detach-keys'] }),
      },
    })
    if (!detach) return execAttached(client, context, { id, flags })
    await client.call(execStart, { params: { id }, body: { Detach: true, Tty: tty } })
    return 0
  },
})

async function execAttached(
  client: Client,
  context: Context,
  { id, flags }: { readonly id: string; readonly flags: ExecFlags },
): Promise<number> {
  const { tty = false, interactive = false } = flags
  const detachKeys = parseDetachKeys(flags['detach-keys'] ?? DEFAULT_DETACH_KEYS)
  const size = tty ? terminalSize(context.stdout) : undefined
  const body = { Detach: false, Tty: tty, ...(size !== undefined && { ConsoleSize: [size.h, size.w] }) }
  const stream = await client.hijack(execStart, { params: { id }, body })
  const resize = (query: { readonly h: number; readonly w: number }): void => {
    client.call(execResize, { params: { id }, query }).catch((error: unknown) => {
      if (!isCtError(error)) throw error
    })
  }
  const stop = tty ? followSize(context, resize) : undefined
  try {
    if ((await runSession(context, { stream, tty, stdin: interactive, detachKeys })) === 'detached') return 0
  } finally {
    stop?.()
  }
  const { ExitCode } = await client.call(execInspect, { params: { id } })
  return ExitCode ?? 0
}
