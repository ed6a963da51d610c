import { containerPause } from '@ct/api'
import { forEachArgument } from '../for-each.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct pause`: all processes of containers stand still. */
export const pause = defineCommand({
  usage: 'CONTAINER [CONTAINER...]',
  flags: {},
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ args }, context) {
    const client = await context.connect()
    return forEachArgument(args, context, async (id) => {
      await client.call(containerPause, { params: { id } })
      return id
    })
  },
})
