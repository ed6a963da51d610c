import { containerUnpause } from '@ct/api'
import { forEachArgument } from '../for-each.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct unpause`: the processes of paused containers go on. */
export const unpause = defineCommand({
  usage: 'CONTAINER [CONTAINER...]',
  flags: {},
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ args }, context) {
    const client = await context.connect()
    return forEachArgument(args, context, async (id) => {
      await client.call(containerUnpause, { params: { id } })
      return id
    })
  },
})
