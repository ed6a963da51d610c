import { type Command, idOf } from './command.ts'

/** `ct-runc start`. */
export const start: Command = {
  name: 'start',
  summary: 'execute the program of a created container',
  usage: '<container-id>',
  flags: {},
  async run(context) {
    await context.runtime.start(idOf(context))
    return 0
  },
}
