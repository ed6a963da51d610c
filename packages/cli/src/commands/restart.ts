import { containerRestart } from '@ct/api'
import { integerFlag } from '../create/bad-flag.ts'
import { forEachArgument } from '../for-each.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct restart`: a stop and a start. */
export const restart = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags: {
    signal: { type: 'string', short: 's', summary: 'Signal to send first' },
    timeout: {
      type: 'string',
      short: 't',
      aliases: ['time'],
      placeholder: 'seconds',
      summary: 'Time before the container is killed, -1 for no limit',
    },
  },
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ flags, args }, context) {
    const query = { t: integerFlag('timeout', flags.timeout), signal: flags.signal }
    const client = await context.connect()
    return forEachArgument(args, context, async (id) => {
      await client.call(containerRestart, { params: { id }, query })
      return id
    })
  },
})
