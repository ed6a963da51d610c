import { type Command, idOf, isOn } from './command.ts'

/** `ct-runc delete`. */
export const remove: Command = {
  name: 'delete',
  summary: 'delete what a container holds',
  usage: '<container-id>',
  flags: { force: true },
  aliases: { f: 'force' },
  async run(context) {
    await context.runtime.delete(idOf(context), { force: isOn(context, 'force') })
    return 0
  },
}
