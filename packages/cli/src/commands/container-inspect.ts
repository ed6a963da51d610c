import { INSPECT_FLAGS, inspectObjects } from '../inspect-objects.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct container inspect`: everything the daemon knows of containers. */
export const containerInspect = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags: INSPECT_FLAGS,
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  run: ({ flags, args }, context) => inspectObjects(context, { names: args, kinds: ['container'], flags }),
})
