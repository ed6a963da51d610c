import { imagePush } from '@ct/api'
import { registryAuth } from '../image/credentials.ts'
import { progressOutput, showProgress } from '../image/pull-image.ts'
import { canonicalReference, splitReference } from '../image/reference.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct push`: an image to its registry. */
export const push = defineCommand({
  usage: '[OPTIONS] NAME[:TAG]',
  flags: { quiet: { type: 'boolean', short: 'q', summary: 'Do not show the progress' } },
  args: { min: 1, max: 1 },
  async run({ flags: { quiet }, args: [reference = ''] }, context) {
    const { name, tag } = splitReference(reference)
    if (tag === undefined && quiet !== true) context.stdout.write('Using default tag: latest\n')
    const headers = await registryAuth(name, context.env)
    const client = await context.connect()
    const messages = client.stream(imagePush, { params: { name }, query: { tag: tag ?? 'latest' }, headers })
    await showProgress(messages, progressOutput(context, quiet))
    if (quiet === true) context.stdout.write(`${canonicalReference(reference)}\n`)
    return 0
  },
})
