import { containerKill } from '@ct/api'
import { forEachArgument } from '../for-each.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct kill`: one signal to each container. */
export const kill = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags: { signal: { type: 'string', short: 's', summary: 'Signal to send (default KILL)' } },
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ flags: { signal = 'KILL' }, args }, context) {
    const client = await context.connect()
    return forEachArgument(args, context, async (id) => {
      await client.call(containerKill, { params: { id }, query: { signal } })
      return id
    })
  },
})
