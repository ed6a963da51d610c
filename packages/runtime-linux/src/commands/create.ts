import { readBundle } from './bundle.ts'
import { type Command, type CommandContext, idOf } from './command.ts'
import { LAUNCH_FLAGS, launchingOf } from './launch.ts'

/** `ct-runc create`. */
export const create: Command = {
  name: 'create',
  summary: 'create a container',
  usage: '<container-id>',
  flags: { ...LAUNCH_FLAGS, bundle: false },
  aliases: { b: 'bundle' },
  async run(context: CommandContext) {
    const { bundle, ...launch } = readBundle(context)
    await context.runtime.create(idOf(context), bundle, launchingOf(context, { detach: true, ...launch }))
    return 0
  },
}
