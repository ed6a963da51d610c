import { RuntimeError } from '../errors.ts'
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
    try {
      await (isOn(context, 'all') ? runtime.killAll(idOf(context), signal) : runtime.kill(idOf(context), signal))
    } catch (error) {
      const isEnded = error instanceof RuntimeError && error.code === 'RUNTIME_WRONG_STATUS'
      throw isEnded ? new Error(`container not running: ${error.message}`) : error // engines know the end of a container by these words
    }
    return 0
  },
}
