import { type Command, idOf } from './command.ts'

/** `ct-runc pause`. */
export const pause: Command = {
  name: 'pause',
  summary: 'suspend all processes of a container',
  usage: '<container-id>',
  flags: {},
  async run(context) {
    await context.runtime.pause(idOf(context))
    return 0
  },
}
