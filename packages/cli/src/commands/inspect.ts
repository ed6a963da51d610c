import { badFlag } from '../create/bad-flag.ts'
import { INSPECT_FLAGS, INSPECTABLE, inspectObjects } from '../inspect-objects.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct inspect`: whatever has the name, looked for among containers, images, volumes and networks. */
export const inspect = defineCommand({
  usage: '[OPTIONS] NAME|ID [NAME|ID...]',
  flags: {
    ...INSPECT_FLAGS,
    size: { type: 'boolean', short: 's', summary: 'Show the sizes of containers' },
    type: { type: 'string', summary: 'Look only among these: container, image, volume or network' },
  },
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ flags, args }, context) {
    const kinds = INSPECTABLE.filter((kind) => flags.type === undefined || flags.type === kind)
    if (kinds.length === 0) throw badFlag('type', flags.type ?? '', 'container, image, volume or network')
    return inspectObjects(context, { names: args, kinds, flags, size: flags.size })
  },
})
