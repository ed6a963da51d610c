import { type Client, containerInspect, containerStart } from '@ct/api'
import { asRunFailure } from '../container/start-failure.ts'
import { CliError } from '../errors.ts'
import { forEachArgument } from '../for-each.ts'
import { defineCommand } from '../parser/command.ts'
import { runAttached } from '../terminal/attached-run.ts'

/** `ct start`: containers that are stopped; with `-a` or `-i` one of them, joined with our streams. */
export const start = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags: {
    attach: { type: 'boolean', short: 'a', summary: 'Attach STDOUT and STDERR, and pass signals on' },
    'detach-keys': { type: 'string', summary: 'Keys that end the session and leave the container running (ctrl-p,ctrl-q)' },
    interactive: { type: 'boolean', short: 'i', summary: 'Attach STDIN' },
  },
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ flags, args }, context) {
    const client = await context.connect()
    const { attach = false, interactive = false } = flags
    if (!attach && !interactive) return forEachArgument(args, context, (id) => startOne(client, id))
    const [id = '', second] = args
    if (second !== undefined) throw new CliError('CLI_BAD_ARGUMENTS', 'cannot attach to several containers at once', { kind: 'invalid' })
    const { Config, HostConfig } = await client.call(containerInspect, { params: { id } })
    return asRunFailure(() =>
      runAttached(client, context, {
        id,
        tty: Config.Tty === true,
        attachment: { stdin: interactive && Config.OpenStdin === true, stdout: true, stderr: true },
        condition: HostConfig.AutoRemove === true ? 'removed' : 'next-exit',
        detachKeys: flags['detach-keys'],
        start: () => client.call(containerStart, { params: { id } }),
      }),
    )
  },
})

async function startOne(client: Client, id: string): Promise<string> {
  await client.call(containerStart, { params: { id } })
  return id
}
