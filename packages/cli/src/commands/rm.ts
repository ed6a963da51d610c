import { containerRemove } from '@ct/api'
import { isCtError } from '@ct/errors'
import { forEachArgument } from '../for-each.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct rm`: removes containers; with `-f` also those that run, and none that are missing is an error. */
export const rm = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags: {
    force: { type: 'boolean', short: 'f', summary: 'Kill and remove containers that run' },
    volumes: { type: 'boolean', short: 'v', summary: 'Remove their anonymous volumes too' },
  },
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ flags: { force, volumes }, args }, context) {
    const client = await context.connect()
    const failed = await forEachArgument(args, context, async (id) => {
      try {
        await client.call(containerRemove, { params: { id }, query: { force, v: volumes } })
        return id
      } catch (error) {
        if (force !== true || !isCtError(error) || error.kind !== 'not-found') throw error
        context.stderr.write(`ct: ${error.message}\n`)
        return undefined
      }
    })
    return failed
  },
})
