import { type Command, idOf } from './command.ts'

/** `ct-runc resume`. */
export const resume: Command = {
  name: 'resume',
  summary: 'let the processes of a paused container run',
  usage: '<container-id>',
  flags: {},
  async run(context) {
    await context.runtime.resume(idOf(context))
    return 0
  },
}
