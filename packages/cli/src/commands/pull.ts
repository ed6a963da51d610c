import { progressOutput, pullImage } from '../image/pull-image.ts'
import { canonicalReference, splitReference } from '../image/reference.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct pull`: an image from its registry, with a bar for each layer on a terminal. */
export const pull = defineCommand({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  flags: {
    platform: { type: 'string', summary: 'Platform of the image (os/arch[/variant])' },
    quiet: { type: 'boolean', short: 'q', summary: 'Do not show the progress' },
  },
  args: { min: 1, max: 1 },
  async run({ flags: { platform, quiet }, args: [reference = ''] }, context) {
    const { tag, digest } = splitReference(reference)
    if (tag === undefined && digest === undefined && quiet !== true) context.stdout.write('Using default tag: latest\n')
    await pullImage(await context.connect(), context, reference, { platform, progress: progressOutput(context, quiet) })
    context.stdout.write(`${canonicalReference(reference)}\n`)
    return 0
  },
})
