import { imageRemove } from '@ct/api'
import { forEachArgument } from '../for-each.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct rmi`: removes tags, and images that have none left. */
export const rmi = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  flags: {
    force: { type: 'boolean', short: 'f', summary: 'Remove it also when a stopped container uses it or it has several tags' },
    'no-prune': { type: 'boolean', summary: 'Keep untagged parents' },
  },
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ flags, args }, context) {
    const client = await context.connect()
    const query = { force: flags.force, noprune: flags['no-prune'] }
    return forEachArgument(args, context, async (name) => {
      const steps = await client.call(imageRemove, { params: { name }, query })
      return steps.map(({ Untagged, Deleted }) => (Deleted === undefined ? `Untagged: ${Untagged}\n` : `Deleted: ${Deleted}\n`)).join('')
    })
  },
})
