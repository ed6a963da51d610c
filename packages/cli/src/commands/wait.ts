import { containerWait } from '@ct/api'
import { forEachArgument } from '../for-each.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct wait`: blocks until containers have stopped and prints their exit codes. */
export const wait = defineCommand({
  usage: 'CONTAINER [CONTAINER...]',
  flags: {},
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ args }, context) {
    const client = await context.connect()
    return forEachArgument(args, context, async (id) => String((await client.call(containerWait, { params: { id } })).StatusCode))
  },
})
