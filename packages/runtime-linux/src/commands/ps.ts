import { spawnSync } from 'node:child_process'
import { type Command, idOf } from './command.ts'
import { UsageError } from './parse-flags.ts'

/** `ct-runc ps`. */
export const ps: Command = {
  name: 'ps',
  summary: 'list the processes of a container',
  usage: '<container-id> [ps options]',
  flags: { format: false },
  aliases: { f: 'format' },
  async run(context) {
    const { format = 'table' } = context.flags
    if (format !== 'table' && format !== 'json') throw new UsageError(`invalid format ${JSON.stringify(format)}: table or json`)
    const pids = await context.runtime.pids(idOf(context))
    if (format === 'json') {
      context.print(`${JSON.stringify(pids)}\n`)
      return 0
    }
    const options = context.rest.slice(1)
    const { stdout, status } = spawnSync('ps', options.length > 0 ? options : ['-ef'], { encoding: 'utf8' })
    const [header = '', ...lines] = stdout.split('\n')
    const column = header.trim().split(/\s+/).indexOf('PID')
    const wanted = lines.filter((line) => pids.includes(Number(line.trim().split(/\s+/)[column])))
    context.print([header, ...wanted, ''].join('\n'))
    return status ?? 1
  },
}
