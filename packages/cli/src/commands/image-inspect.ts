import { INSPECT_FLAGS, inspectObjects } from '../inspect-objects.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct image inspect`: everything the daemon knows of images. */
export const imageInspect = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  flags: INSPECT_FLAGS,
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  run: ({ flags, args }, context) => inspectObjects(context, { names: args, kinds: ['image'], flags }),
})
