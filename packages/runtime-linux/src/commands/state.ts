import { type Command, idOf } from './command.ts'

/** `ct-runc state`. */
export const state: Command = {
  name: 'state',
  summary: 'print the state of a container',
  usage: '<container-id>',
  flags: {},
  async run(context) {
    context.print(`${JSON.stringify(await context.runtime.details(idOf(context)), undefined, 2)}\n`)
    return 0
  },
}
