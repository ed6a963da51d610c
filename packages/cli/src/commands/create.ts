import { createContainer } from '../container/create-container.ts'
import { createBody } from '../create/create-body.ts'
import { CREATE_FLAGS } from '../create/create-flags.table.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct create`: a container that is not started; prints its id. */
export const create = defineCommand({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  flags: CREATE_FLAGS,
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  stopsAtPositional: true,
  async run({ flags, args: [image = '', ...command] }, context) {
    const body = await createBody({ flags, image, command, detach: false, env: context.env })
    const id = await createContainer(await context.connect(), context, body, flags)
    context.stdout.write(`${id}\n`)
    return 0
  },
})
