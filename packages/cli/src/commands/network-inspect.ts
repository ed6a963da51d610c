import { INSPECT_FLAGS, inspectObjects } from '../inspect-objects.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct network inspect`: everything the daemon knows of networks. */
export const networkInspect = defineCommand({
  usage: '[OPTIONS] NETWORK [NETWORK...]',
  flags: INSPECT_FLAGS,
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  run: ({ flags, args }, context) => inspectObjects(context, { names: args, kinds: ['network'], flags }),
})
