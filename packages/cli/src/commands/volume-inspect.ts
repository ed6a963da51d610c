import { INSPECT_FLAGS, inspectObjects } from '../inspect-objects.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct volume inspect`: everything the daemon knows of volumes. */
export const volumeInspect = defineCommand({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  flags: INSPECT_FLAGS,
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  run: ({ flags, args }, context) => inspectObjects(context, { names: args, kinds: ['volume'], flags }),
})
