import { type Command, idOf, isOn } from './command.ts'

/** `ct-runc kill`. */
export const kill: Command = {
  name: 'kill',
  summary: 'send a signal to a container (default SIGTERM)',
  usage: '<container-id> [signal]',
  flags: { all: true },
  aliases: { a: 'all' },
  async run(context) {
    const { runtime, rest } = context
    const signal = rest[1] ?? 'SIGTERM'
    if (isOn(context, 'all')) await runtime.killAll(idOf(context), signal)
    else await runtime.kill(idOf(context), signal)
    return 0
  },
}
