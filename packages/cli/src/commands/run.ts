import { type Client, containerStart } from '@ct/api'
import { createContainer } from '../container/create-container.ts'
import { asRunFailure } from '../container/start-failure.ts'
import type { Context } from '../context.ts'
import { attachmentOf, createBody } from '../create/create-body.ts'
import { CREATE_FLAGS } from '../create/create-flags.table.ts'
import { defineCommand, type FlagValues } from '../parser/command.ts'
import { requireTerminal, runAttached } from '../terminal/attached-run.ts'
import { terminalSize } from '../terminal/session.ts'

const flags = {
  ...CREATE_FLAGS,
  detach: { type: 'boolean', short: 'd', summary: 'Run in the background and print the id' },
  'detach-keys': { type: 'string', summary: 'Keys that end the session and leave the container running (ctrl-p,ctrl-q)' },
  'sig-proxy': { type: 'boolean', summary: 'Pass the signals that ct receives on to the container (default true)' },
} as const

type RunFlags = FlagValues<typeof flags>

/** `ct run`: create, attach, wait, start, and the container's exit status. */
export const run = defineCommand({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  flags,
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  stopsAtPositional: true,
  examples: ['ct run --rm -it debian bash', 'ct run -d --name web -p 8080:80 nginx'],
  async run({ flags, args: [image = '', ...command] }, context) {
    const detach = flags.detach === true
    const attachment = attachmentOf({ flags, detach })
    if (!detach) requireTerminal(context, flags.tty === true, attachment.stdin)
    const body = await createBody({ flags, image, command, detach, env: context.env })
    const size = flags.tty === true ? terminalSize(context.stdout) : undefined
    const sized = size === undefined ? body : { ...body, HostConfig: { ...body.HostConfig, ConsoleSize: [size.h, size.w] } }
    return asRunFailure(async () => {
      const client = await context.connect()
      const id = await createContainer(client, context, sized, flags)
      return detach ? startDetached(client, context, id) : startAttached(client, context, { id, flags })
    })
  },
})

async function startDetached(client: Client, context: Context, id: string): Promise<number> {
  await client.call(containerStart, { params: { id } })
  context.stdout.write(`${id}\n`)
  return 0
}

function startAttached(
  client: Client,
  context: Context,
  { id, flags }: { readonly id: string; readonly flags: RunFlags },
): Promise<number> {
  return runAttached(client, context, {
    id,
    tty: flags.tty === true,
    attachment: attachmentOf({ flags, detach: false }),
    condition: flags.rm === true ? 'removed' : 'next-exit',
    detachKeys: flags['detach-keys'],
    sigProxy: flags['sig-proxy'],
    start: () => client.call(containerStart, { params: { id } }),
  })
}
