import { volumeRemove } from '@ct/api'
import { forEachArgument } from '../for-each.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct volume rm`: removes volumes that no container uses. */
export const volumeRm = defineCommand({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  flags: { force: { type: 'boolean', short: 'f', summary: 'A missing volume is no error' } },
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ flags: { force }, args }, context) {
    const client = await context.connect()
    return forEachArgument(args, context, async (name) => {
      await client.call(volumeRemove, { params: { name }, query: { force } })
      return name
    })
  },
})
